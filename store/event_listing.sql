-- name: list_events
-- List events newest first, below a given event, by any of the filters.
SELECT
    s.event_id, s.channel_id, c.name, s.provider, s.kind, s.provider_message_id, s.status,
    s.failed_attempts, s.error_class, s.next_attempt_at, s.signature, s.received_at
FROM inbound_event_status AS s
JOIN channels AS c ON c.customer_id = s.customer_id AND c.id = s.channel_id
WHERE s.customer_id = %(customer_id)s
    AND (%(channel_id)s::uuid IS NULL OR s.channel_id = %(channel_id)s::uuid)
    AND (%(kind)s::text IS NULL OR s.kind = %(kind)s::text)
    AND (%(status)s::text IS NULL OR s.status = %(status)s::text)
    AND (
        %(provider_message_id)s::text IS NULL
        OR s.provider_message_id = %(provider_message_id)s::text
    )
    AND (%(before)s::uuid IS NULL OR s.event_id < %(before)s::uuid)
ORDER BY s.event_id DESC
LIMIT %(limit)s

-- name: find_event
-- Find one event with its status, its bytes and what was made of it.
SELECT
    s.event_id, s.channel_id, c.name, s.provider, s.kind, s.provider_message_id, s.status,
    s.failed_attempts, s.error_class, s.next_attempt_at, s.signature, s.received_at,
    e.dedup_key, e.headers, e.content_type, e.body,
    coalesce(own.id, about.id), coalesce(own.conversation_id, about.conversation_id)
FROM inbound_event_status AS s
JOIN inbound_events AS e ON e.customer_id = s.customer_id AND e.id = s.event_id
JOIN channels AS c ON c.customer_id = s.customer_id AND c.id = s.channel_id
LEFT JOIN message_copies AS k ON k.customer_id = s.customer_id AND k.event_id = s.event_id
LEFT JOIN message_parts AS d ON d.customer_id = s.customer_id AND d.event_id = s.event_id
LEFT JOIN messages AS own
    ON own.customer_id = s.customer_id
        AND own.id = coalesce(k.message_id, d.message_id, s.event_id)
LEFT JOIN message_receipts AS r ON r.customer_id = s.customer_id AND r.event_id = s.event_id
LEFT JOIN messages AS about ON about.customer_id = r.customer_id AND about.id = r.message_id
WHERE s.customer_id = %(customer_id)s AND s.event_id = %(event_id)s

-- name: event_status
-- Read what became of the event of a provider message.
SELECT s.event_id, s.status
FROM inbound_events AS e
JOIN inbound_event_status AS s ON s.customer_id = e.customer_id AND s.event_id = e.id
WHERE e.customer_id = %(customer_id)s
    AND e.channel_id = %(channel_id)s
    AND e.dedup_key = %(dedup_key)s

-- name: list_failures
-- List every failed attempt at one event, first to last.
SELECT f.attempt, f.error_class, f.detail, f.failed_at
FROM inbound_failures AS f
WHERE f.customer_id = %(customer_id)s AND f.event_id = %(event_id)s
ORDER BY f.attempt
