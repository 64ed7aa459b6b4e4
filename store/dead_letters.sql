-- name: list_dead_letters
-- List the dead letters that wait for somebody, latest events first, below a given event.
SELECT
    d.event_id, e.channel_id, c.name AS channel_name, e.provider, e.kind, e.provider_message_id,
    d.error_class, d.detail, d.attempts, e.received_at, d.failed_at, d.resolution, d.resolved_at
FROM dead_letters AS d
JOIN inbound_events AS e ON e.customer_id = d.customer_id AND e.id = d.event_id
JOIN channels AS c ON c.customer_id = e.customer_id AND c.id = e.channel_id
WHERE d.customer_id = %(customer_id)s
    AND d.resolution IS NULL
    AND (%(error_class)s::text IS NULL OR d.error_class = %(error_class)s::text)
    AND (%(before)s::uuid IS NULL OR d.event_id < %(before)s::uuid)
ORDER BY d.event_id DESC
LIMIT %(limit)s

-- name: find_dead_letter
-- Find one dead letter, resolved or not.
SELECT
    d.event_id, e.channel_id, c.name AS channel_name, e.provider, e.kind, e.provider_message_id,
    d.error_class, d.detail, d.attempts, e.received_at, d.failed_at, d.resolution, d.resolved_at
FROM dead_letters AS d
JOIN inbound_events AS e ON e.customer_id = d.customer_id AND e.id = d.event_id
JOIN channels AS c ON c.customer_id = e.customer_id AND c.id = e.channel_id
WHERE d.customer_id = %(customer_id)s AND d.event_id = %(event_id)s

-- name: retry_dead_letters
-- Queue dead letters again as if never tried: those named, or all, of one error class or any.
WITH chosen AS (
    SELECT d.event_id
    FROM dead_letters AS d
    WHERE d.customer_id = %(customer_id)s
        AND d.resolution IS NULL
        AND (%(event_ids)s::uuid[] IS NULL OR d.event_id = ANY (%(event_ids)s::uuid[]))
        AND (%(error_class)s::text IS NULL OR d.error_class = %(error_class)s::text)
    ORDER BY d.event_id
    FOR UPDATE
),
queued AS (
    INSERT INTO inbound_queue (customer_id, event_id, attempt_count, next_attempt_at)
    SELECT %(customer_id)s::bigint, chosen.event_id, 0, now()
    FROM chosen
    ORDER BY chosen.event_id
    ON CONFLICT DO NOTHING
)
UPDATE dead_letters AS d
SET resolution = 'retried', resolved_at = now()
FROM chosen
WHERE d.customer_id = %(customer_id)s AND d.event_id = chosen.event_id
RETURNING d.event_id
