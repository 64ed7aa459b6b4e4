-- name: replay_events
-- Queue events again, dead letters too, behind what is live; what waits already is left alone.
-- What once stopped its reader is read alone.
WITH chosen AS (
    SELECT
        e.id,
        CASE WHEN EXISTS (
            SELECT 1
            FROM dead_letters AS d
            WHERE d.customer_id = %(customer_id)s::bigint AND d.event_id = e.id
                AND d.error_class IN ('reader_killed', 'took_too_long')
        ) THEN 2 ELSE 1 END AS lane
    FROM inbound_events AS e
    WHERE e.customer_id = %(customer_id)s::bigint
        AND (%(event_ids)s::uuid[] IS NULL OR e.id = ANY (%(event_ids)s::uuid[]))
        AND (%(provider)s::text IS NULL OR e.provider = %(provider)s::text)
        AND (%(channel_id)s::uuid IS NULL OR e.channel_id = %(channel_id)s::uuid)
        AND (%(since)s::timestamptz IS NULL OR e.received_at >= %(since)s::timestamptz)
        AND (%(until)s::timestamptz IS NULL OR e.received_at < %(until)s::timestamptz)
        AND e.id > coalesce(%(after)s::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY e.id
    LIMIT %(limit)s::bigint
    FOR KEY SHARE OF e -- nobody forgets it meanwhile
),
resolved AS (
    UPDATE dead_letters AS d
    SET resolution = 'retried', resolved_at = now()
    FROM chosen
    WHERE d.customer_id = %(customer_id)s::bigint AND d.event_id = chosen.id
        AND d.resolution IS NULL
),
queued AS (
    INSERT INTO inbound_queue (customer_id, event_id, attempt_count, next_attempt_at, lane)
    SELECT %(customer_id)s::bigint, chosen.id, 0, now(), chosen.lane
    FROM chosen
    ORDER BY chosen.id
    ON CONFLICT DO NOTHING
    RETURNING event_id
)
SELECT chosen.id, queued.event_id IS NOT NULL
FROM chosen
LEFT JOIN queued ON queued.event_id = chosen.id

-- name: count_events
-- Count events, up to a number.
SELECT count(*)
FROM (
    SELECT 1
    FROM inbound_events AS e
    WHERE e.customer_id = %(customer_id)s::bigint
        AND (%(event_ids)s::uuid[] IS NULL OR e.id = ANY (%(event_ids)s::uuid[]))
        AND (%(provider)s::text IS NULL OR e.provider = %(provider)s::text)
        AND (%(channel_id)s::uuid IS NULL OR e.channel_id = %(channel_id)s::uuid)
        AND (%(since)s::timestamptz IS NULL OR e.received_at >= %(since)s::timestamptz)
        AND (%(until)s::timestamptz IS NULL OR e.received_at < %(until)s::timestamptz)
    LIMIT %(most)s::bigint
) AS matching
