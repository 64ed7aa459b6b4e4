-- name: read_freshness
-- In which zone a customer's days are, whether opening hours make business time another than clock time,
-- which day it is there, and how fresh the roll-ups are: since when the first change waits that they do
-- not have yet (NULL: none does), and whether they are being made again.
SELECT
    z.zone,
    EXISTS (
        SELECT FROM opening_hours AS h WHERE h.customer_id = %(customer_id)s::bigint
    ) AS has_hours,
    (%(now)s::timestamptz AT TIME ZONE z.zone)::date AS today,
    (
        SELECT o.created_at
        FROM outbox AS o
        WHERE (o.xid, o.seq) > (c.xid, c.seq)
        ORDER BY o.xid, o.seq
        LIMIT 1
    ) AS waiting_since,
    EXISTS (
        SELECT FROM rollup_rebuilds AS r WHERE r.customer_id = %(customer_id)s::bigint
    ) AS is_rebuilding
FROM (SELECT calendar_zone(%(customer_id)s::bigint) AS zone) AS z
LEFT JOIN outbox_cursors AS c ON c.consumer = 'rollups'

-- name: list_starts
-- When each hour or day of a span of days begins in a zone. An hour lasts 3,600 seconds whatever is done
-- to the clocks.
SELECT g.at
FROM generate_series(
    %(first_day)s::date::timestamp AT TIME ZONE %(zone)s::text,
    (%(last_day)s::date + 1)::timestamp AT TIME ZONE %(zone)s::text - interval '1 second',
    interval '1 hour'
) AS g (at)
WHERE %(grain)s::text = 'hour'
UNION ALL
SELECT d.day AT TIME ZONE %(zone)s::text
FROM generate_series(
    %(first_day)s::date::timestamp, %(last_day)s::date::timestamp, interval '1 day'
) AS d (day)
WHERE %(grain)s::text = 'day'
ORDER BY 1

-- name: sum_figures
-- How much there was of some figures in a span of days, for each of these keys together: in all or by
-- hour or day, by key or not, by detail or not.
SELECT
    CASE WHEN %(by_time)s::boolean THEN r.starts_at END AS starts_at,
    CASE WHEN %(by_key)s::boolean THEN r.group_key ELSE '' END AS group_key,
    r.figure,
    CASE WHEN %(by_detail)s::boolean THEN r.detail ELSE '' END AS detail,
    sum(r.amount::integer) AS amount
FROM rollups AS r
WHERE r.customer_id = %(customer_id)s::bigint
    AND r.grain = %(grain)s::text
    AND r.grouped_by = %(grouped_by)s::text
    AND r.figure = ANY (%(figures)s::text[])
    AND r.group_key = ANY (%(keys)s::text[])
    AND r.starts_at >= %(first_day)s::date::timestamp AT TIME ZONE %(zone)s::text
    AND r.starts_at < (%(last_day)s::date + 1)::timestamp AT TIME ZONE %(zone)s::text
GROUP BY 1, 2, 3, 4
HAVING sum(r.amount::integer) <> 0

-- name: sum_durations
-- How long it took in a span of days, for each of these keys together: how many durations there are, and
-- their median and ninth decile, each the middle of its class. By key or not; where it is asked for, by
-- hour or day beside all together.
WITH classes AS (
    SELECT
        CASE WHEN %(by_time)s::boolean THEN r.starts_at END AS starts_at,
        CASE WHEN %(by_key)s::boolean THEN r.group_key ELSE '' END AS group_key,
        r.figure,
        r.detail,
        sum(r.amount::integer) AS amount
    FROM rollups AS r
    WHERE r.customer_id = %(customer_id)s::bigint
        AND r.grain = %(grain)s::text
        AND r.grouped_by = %(grouped_by)s::text
        AND r.figure = ANY (%(figures)s::text[])
        AND r.group_key = ANY (%(keys)s::text[])
        AND r.starts_at >= %(first_day)s::date::timestamp AT TIME ZONE %(zone)s::text
        AND r.starts_at < (%(last_day)s::date + 1)::timestamp AT TIME ZONE %(zone)s::text
    GROUP BY 1, 2, 3, 4
    HAVING sum(r.amount::integer) > 0
),
together AS (
    SELECT c.starts_at, c.group_key, c.figure, c.detail::integer AS class, c.amount
    FROM classes AS c
    WHERE c.starts_at IS NOT NULL
    UNION ALL
    SELECT NULL, c.group_key, c.figure, c.detail::integer, sum(c.amount)::bigint
    FROM classes AS c
    GROUP BY c.group_key, c.figure, c.detail
),
in_order AS (
    SELECT
        c.starts_at, c.group_key, c.figure, c.class,
        sum(c.amount) OVER (
            PARTITION BY c.starts_at, c.group_key, c.figure ORDER BY c.class
            ROWS UNBOUNDED PRECEDING
        ) AS upto,
        sum(c.amount) OVER (PARTITION BY c.starts_at, c.group_key, c.figure) AS total
    FROM together AS c
)
SELECT
    o.starts_at,
    o.group_key,
    o.figure,
    max(o.total)::bigint AS amount,
    duration_of_class(min(o.class) FILTER (WHERE o.upto >= 0.5 * o.total)) AS median,
    duration_of_class(min(o.class) FILTER (WHERE o.upto >= 0.9 * o.total)) AS p90
FROM in_order AS o
GROUP BY o.starts_at, o.group_key, o.figure

-- name: count_backlog
-- How many conversations of each status are there to be handled, counted up to a limit.
SELECT w.status, (
    SELECT count(*)
    FROM (
        SELECT
        FROM channels AS h
        JOIN conversations AS c ON c.customer_id = h.customer_id AND c.channel_id = h.id
        WHERE h.customer_id = %(customer_id)s::bigint
            AND (%(channel_id)s::uuid IS NULL OR h.id = %(channel_id)s::uuid)
            AND c.status = w.status
        LIMIT %(most)s::bigint
    ) AS l
) AS amount
FROM (VALUES ('open'), ('pending'), ('snoozed')) AS w (status)

-- name: list_waiting
-- For how long people wait for an answer, in seconds of clock time and of business time: in the
-- conversations that have been quiet longest, up to a limit.
SELECT
    extract(epoch FROM %(now)s::timestamptz - c.waiting_since)::double precision AS age,
    business_seconds(c.customer_id, c.waiting_since, %(now)s::timestamptz) AS business_age
FROM (
    SELECT o.customer_id, o.waiting_since
    FROM conversations AS o
    WHERE o.customer_id = %(customer_id)s::bigint
        AND o.waiting_since IS NOT NULL AND o.status IN ('open', 'pending')
        AND (%(channel_id)s::uuid IS NULL OR o.channel_id = %(channel_id)s::uuid)
    ORDER BY o.last_activity_at, o.id
    LIMIT %(most)s::bigint
) AS c

-- name: count_opt_outs
-- How many addresses opted out of texts in a span of days, by day or in all, by channel or not.
SELECT
    CASE WHEN %(by_time)s::boolean
        THEN date_trunc(%(grain)s::text, s.since, %(zone)s::text) END AS starts_at,
    CASE WHEN %(by_key)s::boolean THEN s.channel_id::text ELSE '' END AS group_key,
    count(*) AS amount
FROM suppressions AS s
WHERE s.customer_id = %(customer_id)s::bigint
    AND s.reason = 'opt_out'
    AND (%(channel_id)s::uuid IS NULL OR s.channel_id = %(channel_id)s::uuid)
    AND s.since >= %(first_day)s::date::timestamp AT TIME ZONE %(zone)s::text
    AND s.since < (%(last_day)s::date + 1)::timestamp AT TIME ZONE %(zone)s::text
GROUP BY 1, 2
