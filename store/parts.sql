-- name: hold_groups
-- One at a time for parts of one text, until the transaction ends: who comes second sees them all.
SELECT pg_advisory_xact_lock(t.key) FROM unnest(%(keys)s::bigint[]) AS t (key)

-- name: note_parts
-- Note parts that came in, and until when they wait for the others; what is noted stays as it is.
INSERT INTO message_parts (
    customer_id, event_id, channel_id, group_hash, part_number, part_total, received_at, due_at
)
SELECT
    t.customer_id, t.event_id, t.channel_id, t.group_hash, t.part_number, t.part_total,
    t.received_at, now() + %(wait)s::interval
FROM unnest(
    %(customer_ids)b::bigint[], %(event_ids)b::uuid[], %(channel_ids)b::uuid[],
    %(group_hashes)b::uuid[], %(part_numbers)b::smallint[], %(part_totals)b::smallint[],
    %(received_ats)b::timestamptz[]
) AS t (
    customer_id, event_id, channel_id, group_hash, part_number, part_total, received_at
)
ORDER BY t.customer_id, t.event_id
ON CONFLICT (customer_id, event_id) DO NOTHING

-- name: list_waiting
-- The parts of these texts that are in no message yet.
SELECT
    p.customer_id, p.group_hash, p.event_id, p.part_number, p.part_total, p.received_at,
    p.due_at <= now()
FROM unnest(%(customer_ids)b::bigint[], %(group_hashes)b::uuid[]) AS t (customer_id, group_hash)
JOIN message_parts AS p
    ON p.customer_id = t.customer_id AND p.group_hash = t.group_hash AND p.message_id IS NULL

-- name: read_events
-- The events of parts that came in before, with their attempt where they wait in the queue.
SELECT
    e.customer_id, e.id, e.channel_id, e.provider, e.kind, e.dedup_key, e.body, e.content_type,
    e.headers::text AS headers_json, e.received_at,
    coalesce(q.attempt_count, 0) + 1 AS attempt, false AS is_settled, q.traceparent
FROM unnest(%(customer_ids)b::bigint[], %(event_ids)b::uuid[]) AS t (customer_id, event_id)
JOIN inbound_events AS e ON e.customer_id = t.customer_id AND e.id = t.event_id
LEFT JOIN inbound_queue AS q ON q.customer_id = t.customer_id AND q.event_id = t.event_id
ORDER BY e.customer_id, e.id

-- name: await_parts
-- Let parts wait for the others; no attempt is counted.
UPDATE inbound_queue AS q
SET lane = greatest(q.lane, 1), next_attempt_at = p.due_at
FROM unnest(%(customer_ids)b::bigint[], %(event_ids)b::uuid[]) AS t (customer_id, event_id)
JOIN message_parts AS p ON p.customer_id = t.customer_id AND p.event_id = t.event_id
WHERE q.customer_id = t.customer_id AND q.event_id = t.event_id

-- name: hold_joined
-- Claim parts that wait in the queue, but for those that somebody else has: who has them will find
-- them joined, and settles them.
SELECT q.event_id
FROM unnest(%(customer_ids)b::bigint[], %(event_ids)b::uuid[]) AS t (customer_id, event_id)
JOIN inbound_queue AS q ON q.customer_id = t.customer_id AND q.event_id = t.event_id
FOR UPDATE OF q SKIP LOCKED

-- name: mark_joined
-- Say which message parts are in; what is in one stays in it.
UPDATE message_parts AS p
SET message_id = t.message_id
FROM unnest(
    %(customer_ids)b::bigint[], %(event_ids)b::uuid[], %(message_ids)b::uuid[]
) AS t (customer_id, event_id, message_id)
WHERE p.customer_id = t.customer_id AND p.event_id = t.event_id AND p.message_id IS NULL
RETURNING p.event_id

-- name: find_joined
-- Which messages these events are parts of.
SELECT p.event_id, p.message_id
FROM unnest(%(customer_ids)b::bigint[], %(event_ids)b::uuid[]) AS t (customer_id, event_id)
JOIN message_parts AS p ON p.customer_id = t.customer_id AND p.event_id = t.event_id
WHERE p.message_id IS NOT NULL

-- name: list_joined
-- The parts of these messages.
SELECT p.message_id, p.event_id
FROM unnest(%(customer_ids)b::bigint[], %(message_ids)b::uuid[]) AS t (customer_id, message_id)
JOIN message_parts AS p ON p.customer_id = t.customer_id AND p.message_id = t.message_id
ORDER BY p.message_id, p.event_id
