-- name: replay_events
-- Queue settled events again, dead letters too; those that wait already are left alone.
WITH chosen AS (
    SELECT e.id
    FROM inbound_events AS e
    WHERE e.customer_id = %(customer_id)s AND e.id = ANY (%(event_ids)s::uuid[])
),
resolved AS (
    UPDATE dead_letters AS d
    SET resolution = 'retried', resolved_at = now()
    FROM chosen
    WHERE d.customer_id = %(customer_id)s AND d.event_id = chosen.id AND d.resolution IS NULL
),
queued AS (
    INSERT INTO inbound_queue (customer_id, event_id, attempt_count, next_attempt_at)
    SELECT %(customer_id)s::bigint, chosen.id, 0, now()
    FROM chosen
    ORDER BY chosen.id
    ON CONFLICT DO NOTHING
    RETURNING event_id
)
SELECT chosen.id, queued.event_id IS NOT NULL
FROM chosen
LEFT JOIN queued ON queued.event_id = chosen.id

-- name: list_event_ids
-- Every event of one channel.
SELECT e.id
FROM inbound_events AS e
WHERE e.customer_id = %(customer_id)s AND e.channel_id = %(channel_id)s
