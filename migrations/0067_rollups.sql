-- Figures that are counted before they are asked for: by hour and day in the zone of the customer's calendar,
-- and by channel, agent and tag.

CREATE TYPE rolled_figure AS (
    hour_starts_at timestamptz,
    channel_id uuid,
    agent_id uuid,
    figure text,
    detail text,
    amount bigint,
    milliseconds bigint
);

CREATE TABLE conversation_figures (
    customer_id bigint NOT NULL,
    conversation_id uuid NOT NULL,
    day_starts_at timestamptz NOT NULL,
    tags text[] NOT NULL,
    figures rolled_figure[] NOT NULL,
    PRIMARY KEY (customer_id, conversation_id, day_starts_at)
);

CREATE INDEX conversation_figures_of_day ON conversation_figures (customer_id, day_starts_at);

CREATE TABLE rollups (
    customer_id bigint NOT NULL,
    grain text NOT NULL CHECK (grain IN ('hour', 'day')),
    grouped_by text NOT NULL CHECK (grouped_by IN ('all', 'channel', 'agent', 'tag')),
    figure text NOT NULL,
    group_key text NOT NULL,
    starts_at timestamptz NOT NULL,
    detail text NOT NULL,
    amount bigint NOT NULL,
    milliseconds bigint NOT NULL,
    PRIMARY KEY (customer_id, grain, grouped_by, figure, group_key, starts_at, detail)
) WITH (fillfactor = 80);

CREATE INDEX rollups_by_time ON rollups (customer_id, starts_at);

CREATE TABLE rollup_rebuilds (
    customer_id bigint PRIMARY KEY REFERENCES customers (id),
    reason text NOT NULL CHECK (reason IN ('new', 'calendar', 'missed', 'command')),
    requested_at timestamptz NOT NULL DEFAULT now(),
    after_id uuid,
    from_day timestamptz,
    differing bigint NOT NULL DEFAULT 0
);

CREATE TABLE rollup_refreshes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason IN ('changes', 'rebuild')),
    changes integer NOT NULL,
    conversations integer NOT NULL,
    rows integer NOT NULL,
    seconds real NOT NULL
);

-- Each class is 6 % longer than the one before; its value is off by half of that.
CREATE FUNCTION class_of_duration(milliseconds bigint) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN floor(ln(greatest(milliseconds, 1000)::double precision / 1000) / ln(1.06::double precision))::integer;

CREATE FUNCTION duration_of_class(class integer) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN power(1.06::double precision, class + 0.5);

-- Where what happened in an hour is counted: once for everything, once for each that it is grouped by.
CREATE FUNCTION rollup_keys(
    day_starts_at timestamptz, hour_starts_at timestamptz, tags text[], channel_id uuid, agent_id uuid
)
RETURNS TABLE (grain text, starts_at timestamptz, grouped_by text, group_key text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT g.grain, g.starts_at, k.grouped_by, k.group_key
    FROM (VALUES ('hour', hour_starts_at), ('day', day_starts_at)) AS g (grain, starts_at)
    CROSS JOIN (
        SELECT 'all' AS grouped_by, '' AS group_key
        UNION ALL SELECT 'channel', channel_id::text WHERE channel_id IS NOT NULL
        UNION ALL SELECT 'agent', agent_id::text WHERE agent_id IS NOT NULL
        UNION ALL SELECT 'tag', t.tag FROM unnest(tags) AS t (tag)
    ) AS k;
END;

-- What is there already is counted beside everything else, and what happens from now on is followed.
INSERT INTO rollup_rebuilds (customer_id, reason) SELECT c.id, 'new' FROM customers AS c;
INSERT INTO outbox_cursors (consumer, xid, seq)
SELECT 'rollups', pg_snapshot_xmin(pg_current_snapshot()), 0 WHERE EXISTS (SELECT FROM customers);

CREATE VIEW analytics.rollups WITH (security_barrier) AS
SELECT
    customer_id,
    grain,
    starts_at,
    grouped_by,
    group_key,
    figure,
    detail,
    CASE WHEN figure LIKE 'first_response%' OR figure LIKE 'resolution%'
        THEN public.duration_of_class(detail::integer) END AS class_seconds,
    amount,
    milliseconds / 1000.0::double precision AS total_seconds
FROM public.rollups
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[])
    AND amount <> 0;

COMMENT ON TYPE rolled_figure IS 'What a conversation adds to an hour: so many of a figure, and how long they took together.';
COMMENT ON COLUMN rolled_figure.hour_starts_at IS 'When that hour begins.';
COMMENT ON COLUMN rolled_figure.channel_id IS 'The channel; NULL where the conversation and so its channel are gone.';
COMMENT ON COLUMN rolled_figure.agent_id IS 'Who did it; NULL where no agent did.';
COMMENT ON COLUMN rolled_figure.figure IS 'What is counted, as in rollups.figure.';
COMMENT ON COLUMN rolled_figure.detail IS 'As in rollups.detail.';
COMMENT ON COLUMN rolled_figure.amount IS 'How many.';
COMMENT ON COLUMN rolled_figure.milliseconds IS 'How long they took together; 0 where nothing takes time.';

COMMENT ON TABLE conversation_figures IS 'What each conversation adds to the roll-ups of a day: what is taken away again once it adds something else.';
COMMENT ON COLUMN conversation_figures.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN conversation_figures.conversation_id IS 'The conversation; one that was merged away may still add what agents did to it.';
COMMENT ON COLUMN conversation_figures.day_starts_at IS 'When the day begins, in the zone that the customer''s calendar had.';
COMMENT ON COLUMN conversation_figures.tags IS 'The tags under which it is counted, in order.';
COMMENT ON COLUMN conversation_figures.figures IS 'What it adds, in order.';

COMMENT ON TABLE rollups IS 'How much there was of each figure in an hour and in a day, by channel, agent and tag. What has no row is 0, and a row may say so.';
COMMENT ON COLUMN rollups.customer_id IS 'Whose figures they are.';
COMMENT ON COLUMN rollups.grain IS 'hour or day.';
COMMENT ON COLUMN rollups.grouped_by IS 'all, channel, agent or tag. One conversation may be under several tags, and not everything has an agent.';
COMMENT ON COLUMN rollups.figure IS 'What is counted.';
COMMENT ON COLUMN rollups.group_key IS 'The id of the channel or agent, or the tag; empty for all.';
COMMENT ON COLUMN rollups.starts_at IS 'When the hour or day begins, in the zone of the customer''s calendar.';
COMMENT ON COLUMN rollups.detail IS 'For durations the class of the duration, for delivery the status and, after a colon, the error code; empty otherwise.';
COMMENT ON COLUMN rollups.amount IS 'How many.';
COMMENT ON COLUMN rollups.milliseconds IS 'How long they took together; 0 where nothing takes time.';

COMMENT ON TABLE rollup_rebuilds IS 'Customers whose figures are being made again from their messages; gone once that is done.';
COMMENT ON COLUMN rollup_rebuilds.customer_id IS 'The customer.';
COMMENT ON COLUMN rollup_rebuilds.reason IS 'new (there were none before), calendar (its zone or its hours changed), missed (roll-ups were switched off for long) or command.';
COMMENT ON COLUMN rollup_rebuilds.requested_at IS 'When it was asked for.';
COMMENT ON COLUMN rollup_rebuilds.after_id IS 'Up to which conversation it is done; NULL before the first.';
COMMENT ON COLUMN rollup_rebuilds.from_day IS 'The next day whose roll-ups are held against the conversations; NULL until all conversations are done.';
COMMENT ON COLUMN rollup_rebuilds.differing IS 'How many rows were wrong so far.';

COMMENT ON TABLE rollup_refreshes IS 'Every time that figures were brought up to date: the last days.';
COMMENT ON COLUMN rollup_refreshes.id IS 'Counts up.';
COMMENT ON COLUMN rollup_refreshes.started_at IS 'When it began.';
COMMENT ON COLUMN rollup_refreshes.reason IS 'changes (of the outbox) or rebuild.';
COMMENT ON COLUMN rollup_refreshes.changes IS 'How many changes of the outbox it was for.';
COMMENT ON COLUMN rollup_refreshes.conversations IS 'How many conversations were counted again.';
COMMENT ON COLUMN rollup_refreshes.rows IS 'How many of their rows were written.';
COMMENT ON COLUMN rollup_refreshes.seconds IS 'How long it took.';

COMMENT ON FUNCTION class_of_duration(bigint) IS 'In which class a duration is counted: 0 up to 1.06 s, then each 6 % longer.';
COMMENT ON FUNCTION rollup_keys(timestamptz, timestamptz, text[], uuid, uuid) IS 'In which hours, days and groups something is counted.';
COMMENT ON FUNCTION duration_of_class(integer) IS 'Seconds in the middle of a class.';

COMMENT ON VIEW analytics.rollups IS 'Figures that are counted already, some seconds after it happened: one row for each hour and each day of the customer''s calendar, group, figure and detail. Amounts of hours, and of groups of one kind, may be added.';
COMMENT ON COLUMN analytics.rollups.customer_id IS 'Whose figures they are.';
COMMENT ON COLUMN analytics.rollups.grain IS 'hour or day: a day is the sum of its hours, so ask for one of them.';
COMMENT ON COLUMN analytics.rollups.starts_at IS 'When the hour or day begins, in the zone of the customer''s calendar.';
COMMENT ON COLUMN analytics.rollups.grouped_by IS 'all, channel, agent or tag: ask for one of them. What no agent did has no row by agent, and what has two tags has two by tag.';
COMMENT ON COLUMN analytics.rollups.group_key IS 'The id of the channel or the agent, or the tag; empty for all.';
COMMENT ON COLUMN analytics.rollups.figure IS 'What is counted: messages_in, messages_automatic, messages_out, delivery, conversations_new, conversations_closed, conversations_reopened, agent_reopenings, conversations_spam, notes, first_asked, first_response, resolution, and of the last two in business time first_response_business, resolution_business.';
COMMENT ON COLUMN analytics.rollups.detail IS 'For delivery the status and, after a colon, the error code; for durations the number of their class; empty otherwise.';
COMMENT ON COLUMN analytics.rollups.class_seconds IS 'For durations how many seconds those of this class took, at most 3 % or a second more or less; NULL otherwise.';
COMMENT ON COLUMN analytics.rollups.amount IS 'How many.';
COMMENT ON COLUMN analytics.rollups.total_seconds IS 'For durations how many seconds they took together, to the millisecond; 0 otherwise.';
