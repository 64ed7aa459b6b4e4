-- When a customer is at work: a time zone, opening hours of each weekday, holidays. What follows from them
-- is kept as spans of time with the seconds before each, so that the business time between two moments is
-- two looks at an index, whatever the clocks of the zone do in between.

CREATE TABLE business_calendars (
    customer_id bigint PRIMARY KEY REFERENCES customers (id),
    time_zone text NOT NULL CHECK (time_zone <> ''),
    changed_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1
);

CREATE TABLE opening_hours (
    customer_id bigint NOT NULL REFERENCES business_calendars (customer_id),
    weekday smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    opens_minute smallint NOT NULL CHECK (opens_minute >= 0),
    closes_minute smallint NOT NULL CHECK (closes_minute <= 1440),
    PRIMARY KEY (customer_id, weekday, opens_minute),
    CHECK (opens_minute < closes_minute),
    -- No two of a weekday overlap: minutes of a week, those of each customer apart.
    EXCLUDE USING gist (int8range(
        (customer_id * 7 + weekday) * 1440 + opens_minute,
        (customer_id * 7 + weekday) * 1440 + closes_minute
    ) WITH &&)
);

CREATE TABLE holidays (
    customer_id bigint NOT NULL REFERENCES business_calendars (customer_id),
    day date NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (customer_id, day)
);

-- Tens of thousands of rows are written at once, with their calendar: no foreign key looks at each.
CREATE TABLE opening_spans (
    customer_id bigint NOT NULL,
    opens_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    seconds_before bigint NOT NULL CHECK (seconds_before >= 0),
    PRIMARY KEY (customer_id, opens_at) INCLUDE (closes_at, seconds_before),
    CHECK (opens_at < closes_at)
);

CREATE FUNCTION business_seconds(of_customer bigint, since timestamptz, until timestamptz)
RETURNS double precision
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    before_since double precision;
    before_until double precision;
BEGIN
    IF until <= since THEN
        RETURN 0;
    END IF;
    SELECT s.seconds_before + extract(epoch FROM least(until, s.closes_at) - s.opens_at)
    INTO before_until
    FROM public.opening_spans AS s
    WHERE s.customer_id = of_customer AND s.opens_at <= until
    ORDER BY s.opens_at DESC
    LIMIT 1;
    IF before_until IS NULL THEN
        IF EXISTS (SELECT FROM public.opening_spans AS s WHERE s.customer_id = of_customer) THEN
            RETURN 0;
        END IF;
        RETURN extract(epoch FROM until - since);
    END IF;
    SELECT s.seconds_before + extract(epoch FROM least(since, s.closes_at) - s.opens_at)
    INTO before_since
    FROM public.opening_spans AS s
    WHERE s.customer_id = of_customer AND s.opens_at <= since
    ORDER BY s.opens_at DESC
    LIMIT 1;
    RETURN before_until - coalesce(before_since, 0);
END
$$;

CREATE FUNCTION calendar_zone(of_customer bigint) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
AS $$
    SELECT coalesce(
        (SELECT c.time_zone FROM public.business_calendars AS c WHERE c.customer_id = of_customer),
        'UTC'
    )
$$;

COMMENT ON TABLE business_calendars IS 'When a customer is at work; without a row days are in UTC, and business time is clock time.';
COMMENT ON COLUMN business_calendars.customer_id IS 'Whose calendar it is.';
COMMENT ON COLUMN business_calendars.time_zone IS 'The IANA name of the zone in which days, hours and holidays are meant.';
COMMENT ON COLUMN business_calendars.changed_at IS 'When it was set last, by the database clock.';
COMMENT ON COLUMN business_calendars.version IS 'Grows with every change, of hours and holidays too.';

COMMENT ON TABLE opening_hours IS 'From when to when a customer is at work on a weekday; without any, business time is clock time.';
COMMENT ON COLUMN opening_hours.customer_id IS 'Whose hours they are.';
COMMENT ON COLUMN opening_hours.weekday IS '1 is Monday, 7 is Sunday.';
COMMENT ON COLUMN opening_hours.opens_minute IS 'The first minute of the day, by the clocks of the zone.';
COMMENT ON COLUMN opening_hours.closes_minute IS 'The first minute after it; 1440 is midnight.';

COMMENT ON TABLE holidays IS 'Days on which a customer is not at work, whatever weekday they are.';
COMMENT ON COLUMN holidays.customer_id IS 'Whose holidays they are.';
COMMENT ON COLUMN holidays.day IS 'The day in the zone of the calendar.';
COMMENT ON COLUMN holidays.name IS 'What people call it; may be empty.';

COMMENT ON TABLE opening_spans IS 'What follows from a calendar: every span of time in which its customer is at work, written anew with each change.';
COMMENT ON COLUMN opening_spans.customer_id IS 'Whose they are.';
COMMENT ON COLUMN opening_spans.opens_at IS 'When it begins.';
COMMENT ON COLUMN opening_spans.closes_at IS 'When it ends.';
COMMENT ON COLUMN opening_spans.seconds_before IS 'How many seconds all earlier ones have together.';

COMMENT ON FUNCTION business_seconds(bigint, timestamptz, timestamptz) IS 'How many seconds a customer was at work between two moments: 0 where the second is not later, clock seconds without opening hours, NULL where a moment is.';
COMMENT ON FUNCTION calendar_zone(bigint) IS 'The time zone of a customer''s calendar; UTC without one.';
