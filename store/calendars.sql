-- name: find_calendar
-- Read when a customer is at work.
SELECT
    c.time_zone,
    ARRAY(
        SELECT h.weekday FROM opening_hours AS h
        WHERE h.customer_id = c.customer_id ORDER BY h.weekday, h.opens_minute
    ) AS weekdays,
    ARRAY(
        SELECT h.opens_minute FROM opening_hours AS h
        WHERE h.customer_id = c.customer_id ORDER BY h.weekday, h.opens_minute
    ) AS opens_minutes,
    ARRAY(
        SELECT h.closes_minute FROM opening_hours AS h
        WHERE h.customer_id = c.customer_id ORDER BY h.weekday, h.opens_minute
    ) AS closes_minutes,
    ARRAY(
        SELECT d.day FROM holidays AS d WHERE d.customer_id = c.customer_id ORDER BY d.day
    ) AS days,
    ARRAY(
        SELECT d.name FROM holidays AS d WHERE d.customer_id = c.customer_id ORDER BY d.day
    ) AS names,
    c.changed_at,
    c.version
FROM business_calendars AS c
WHERE c.customer_id = %(customer_id)s::bigint

-- name: hold_customer
-- Let nobody else set the customer's calendar until we are done.
SELECT c.id
FROM customers AS c
WHERE c.id = %(customer_id)s::bigint
FOR NO KEY UPDATE

-- name: knows_time_zone
-- Whether the server knows a zone by this name.
SELECT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = %(time_zone)s::text)

-- name: set_zone
-- Say in which zone a customer's days are.
INSERT INTO business_calendars AS c (customer_id, time_zone)
VALUES (%(customer_id)s::bigint, %(time_zone)s::text)
ON CONFLICT (customer_id) DO UPDATE
SET time_zone = excluded.time_zone, changed_at = now(), version = c.version + 1

-- name: forget_hours
-- Forget from when to when a customer is at work.
DELETE FROM opening_hours WHERE customer_id = %(customer_id)s::bigint

-- name: add_hours
-- Say from when to when a customer is at work.
INSERT INTO opening_hours (customer_id, weekday, opens_minute, closes_minute)
SELECT %(customer_id)s::bigint, h.weekday, h.opens_minute, h.closes_minute
FROM unnest(
    %(weekdays)s::smallint[], %(opens_minutes)s::smallint[], %(closes_minutes)s::smallint[]
) AS h (weekday, opens_minute, closes_minute)

-- name: forget_holidays
-- Forget the days on which a customer is not at work.
DELETE FROM holidays WHERE customer_id = %(customer_id)s::bigint

-- name: add_holidays
-- Say on which days a customer is not at work.
INSERT INTO holidays (customer_id, day, name)
SELECT %(customer_id)s::bigint, d.day, d.name
FROM unnest(%(days)s::date[], %(names)s::text[]) AS d (day, name)

-- name: forget_spans
-- Forget what followed from the calendar of before.
DELETE FROM opening_spans WHERE customer_id = %(customer_id)s::bigint

-- name: write_spans
-- Write every span of time in which a customer is at work, until 20 years from now. On a day of 24 hours
-- the clocks of the zone are as far from UTC at its end as at its beginning. Any other is cut where they
-- are changed, which since 2010 is at a full quarter of an hour, so that an hour that is there twice
-- counts twice, and what is left out never.
WITH days AS (
    SELECT
        d.at::date AS day,
        d.at AT TIME ZONE %(time_zone)s::text AS begins_at,
        (d.at + interval '1 day') AT TIME ZONE %(time_zone)s::text AS ends_at
    FROM generate_series(
        timestamp '2010-01-01',
        date_trunc('year', now() AT TIME ZONE 'UTC') + interval '21 years',
        interval '1 day'
    ) AS d (at)
),
quarters AS (
    SELECT
        (q.at AT TIME ZONE %(time_zone)s::text)::date AS day,
        q.at,
        (q.at AT TIME ZONE %(time_zone)s::text) - (q.at AT TIME ZONE 'UTC') AS ahead
    FROM days AS d
    CROSS JOIN LATERAL generate_series(
        d.begins_at, d.ends_at - interval '15 minutes', interval '15 minutes'
    ) AS q (at)
    WHERE d.ends_at - d.begins_at <> interval '24 hours'
),
pieces AS (
    SELECT
        d.day,
        d.begins_at,
        d.ends_at,
        (d.begins_at AT TIME ZONE %(time_zone)s::text) - (d.begins_at AT TIME ZONE 'UTC') AS ahead
    FROM days AS d
    WHERE d.ends_at - d.begins_at = interval '24 hours'
    UNION ALL
    SELECT q.day, min(q.at), max(q.at) + interval '15 minutes', q.ahead
    FROM quarters AS q
    GROUP BY q.day, q.ahead
),
spans AS (
    SELECT
        greatest(
            p.begins_at,
            (p.day + make_interval(mins => h.opens_minute) - p.ahead) AT TIME ZONE 'UTC'
        ) AS opens_at,
        least(
            p.ends_at,
            (p.day + make_interval(mins => h.closes_minute) - p.ahead) AT TIME ZONE 'UTC'
        ) AS closes_at
    FROM pieces AS p
    JOIN opening_hours AS h
        ON h.customer_id = %(customer_id)s::bigint AND h.weekday = extract(isodow FROM p.day)
    WHERE NOT EXISTS (
        SELECT FROM holidays AS f
        WHERE f.customer_id = %(customer_id)s::bigint AND f.day = p.day
    )
)
INSERT INTO opening_spans (customer_id, opens_at, closes_at, seconds_before)
SELECT
    %(customer_id)s::bigint,
    s.opens_at,
    s.closes_at,
    coalesce(
        sum(extract(epoch FROM s.closes_at - s.opens_at)::bigint) OVER (
            ORDER BY s.opens_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ),
        0
    )
FROM spans AS s
WHERE s.opens_at < s.closes_at
