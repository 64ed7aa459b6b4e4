-- name: list_dead_letters
-- List the dead letters that wait for somebody, latest events first, below a given event.
SELECT
    d.event_id, e.channel_id, c.name AS channel_name, e.provider, e.kind, e.provider_message_id,
    d.error_class, d.detail, d.attempts, e.received_at, d.failed_at, d.resolution, d.resolved_at
FROM dead_letters AS d
JOIN inbound_events AS e ON e.customer_id = d.customer_id AND e.id = d.event_id
JOIN channels AS c ON c.customer_id = e.customer_id AND c.id = e.channel_id
WHERE d.customer_id = %(customer_id)s::bigint
    AND d.resolution IS NULL
    AND (%(event_ids)s::uuid[] IS NULL OR d.event_id = ANY (%(event_ids)s::uuid[]))
    AND (%(error_class)s::text IS NULL OR d.error_class = %(error_class)s::text)
    AND (%(provider)s::text IS NULL OR e.provider = %(provider)s::text)
    AND (%(channel_id)s::uuid IS NULL OR e.channel_id = %(channel_id)s::uuid)
    AND (%(since)s::timestamptz IS NULL OR d.failed_at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR d.failed_at < %(until)s::timestamptz)
    AND d.event_id < coalesce(%(before)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY d.event_id DESC
LIMIT %(limit)s::bigint

-- name: find_dead_letter
-- Find one dead letter, resolved or not.
SELECT
    d.event_id, e.channel_id, c.name AS channel_name, e.provider, e.kind, e.provider_message_id,
    d.error_class, d.detail, d.attempts, e.received_at, d.failed_at, d.resolution, d.resolved_at
FROM dead_letters AS d
JOIN inbound_events AS e ON e.customer_id = d.customer_id AND e.id = d.event_id
JOIN channels AS c ON c.customer_id = e.customer_id AND c.id = e.channel_id
WHERE d.customer_id = %(customer_id)s AND d.event_id = %(event_id)s

-- name: count_dead_letters
-- Count the dead letters that wait for somebody, up to a number.
SELECT count(*)
FROM (
    SELECT 1
    FROM dead_letters AS d
    JOIN inbound_events AS e ON e.customer_id = d.customer_id AND e.id = d.event_id
    WHERE d.customer_id = %(customer_id)s::bigint
        AND d.resolution IS NULL
        AND (%(event_ids)s::uuid[] IS NULL OR d.event_id = ANY (%(event_ids)s::uuid[]))
        AND (%(error_class)s::text IS NULL OR d.error_class = %(error_class)s::text)
        AND (%(provider)s::text IS NULL OR e.provider = %(provider)s::text)
        AND (%(channel_id)s::uuid IS NULL OR e.channel_id = %(channel_id)s::uuid)
        AND (%(since)s::timestamptz IS NULL OR d.failed_at >= %(since)s::timestamptz)
        AND (%(until)s::timestamptz IS NULL OR d.failed_at < %(until)s::timestamptz)
    LIMIT %(most)s::bigint
) AS matching

-- name: retry_dead_letters
-- Queue dead letters again as if never tried, behind what is live; alone what stopped its reader.
WITH chosen AS (
    SELECT
        d.event_id,
        CASE WHEN d.error_class IN ('reader_killed', 'took_too_long') THEN 2 ELSE 1 END AS lane
    FROM dead_letters AS d
    JOIN inbound_events AS e ON e.customer_id = d.customer_id AND e.id = d.event_id
    WHERE d.customer_id = %(customer_id)s::bigint
        AND d.resolution IS NULL
        AND (%(event_ids)s::uuid[] IS NULL OR d.event_id = ANY (%(event_ids)s::uuid[]))
        AND (%(error_class)s::text IS NULL OR d.error_class = %(error_class)s::text)
        AND (%(provider)s::text IS NULL OR e.provider = %(provider)s::text)
        AND (%(channel_id)s::uuid IS NULL OR e.channel_id = %(channel_id)s::uuid)
        AND (%(since)s::timestamptz IS NULL OR d.failed_at >= %(since)s::timestamptz)
        AND (%(until)s::timestamptz IS NULL OR d.failed_at < %(until)s::timestamptz)
        AND d.event_id > coalesce(%(after)s::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY d.event_id
    LIMIT %(limit)s::bigint
    FOR UPDATE OF d
),
queued AS (
    INSERT INTO inbound_queue (customer_id, event_id, attempt_count, next_attempt_at, lane)
    SELECT %(customer_id)s::bigint, chosen.event_id, 0, now(), chosen.lane
    FROM chosen
    ORDER BY chosen.event_id
    ON CONFLICT DO NOTHING
)
UPDATE dead_letters AS d
SET resolution = 'retried', resolved_at = now()
FROM chosen
WHERE d.customer_id = %(customer_id)s::bigint AND d.event_id = chosen.event_id
RETURNING d.event_id

-- name: drop_dead_letters
-- Give dead letters up: nobody needs to look at them any more.
WITH chosen AS (
    SELECT d.event_id
    FROM dead_letters AS d
    JOIN inbound_events AS e ON e.customer_id = d.customer_id AND e.id = d.event_id
    WHERE d.customer_id = %(customer_id)s::bigint
        AND d.resolution IS NULL
        AND (%(event_ids)s::uuid[] IS NULL OR d.event_id = ANY (%(event_ids)s::uuid[]))
        AND (%(error_class)s::text IS NULL OR d.error_class = %(error_class)s::text)
        AND (%(provider)s::text IS NULL OR e.provider = %(provider)s::text)
        AND (%(channel_id)s::uuid IS NULL OR e.channel_id = %(channel_id)s::uuid)
        AND (%(since)s::timestamptz IS NULL OR d.failed_at >= %(since)s::timestamptz)
        AND (%(until)s::timestamptz IS NULL OR d.failed_at < %(until)s::timestamptz)
        AND d.event_id > coalesce(%(after)s::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY d.event_id
    LIMIT %(limit)s::bigint
    FOR UPDATE OF d
)
UPDATE dead_letters AS d
SET resolution = 'dropped', resolved_at = now()
FROM chosen
WHERE d.customer_id = %(customer_id)s::bigint AND d.event_id = chosen.event_id
RETURNING d.event_id
