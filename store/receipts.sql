-- name: hold_receipts
-- Of a receipt and the result of the send that it is about, whoever comes second sees the other.
SELECT pg_advisory_xact_lock(%(lock_class)s::integer, t.bucket)
FROM unnest(%(buckets)s::integer[]) AS t (bucket)

-- name: record_receipts
-- Keep every receipt, beside the message it is about where we sent one.
INSERT INTO message_receipts (
    customer_id, event_id, channel_id, provider_message_id, message_id, status, provider_status,
    error_code, is_opt_out, occurred_at
)
SELECT
    t.customer_id, t.event_id, t.channel_id, t.provider_message_id, m.id, t.status,
    t.provider_status, t.error_code, t.is_opt_out, t.occurred_at
FROM unnest(
    %(customer_ids)b::bigint[], %(event_ids)b::uuid[], %(channel_ids)b::uuid[],
    %(provider_message_ids)b::text[], %(statuses)b::text[], %(provider_statuses)b::text[],
    %(error_codes)b::text[], %(are_opt_outs)b::boolean[], %(occurred_ats)b::timestamptz[]
) AS t (
    customer_id, event_id, channel_id, provider_message_id, status, provider_status, error_code,
    is_opt_out, occurred_at
)
LEFT JOIN messages AS m
    ON m.customer_id = t.customer_id AND m.channel_id = t.channel_id
    AND m.provider_message_id = t.provider_message_id AND m.direction = 'outbound'
ON CONFLICT DO NOTHING
RETURNING customer_id, event_id, message_id

-- name: match_receipts
-- Receipts that came before the result of the send find their message.
UPDATE message_receipts AS r
SET message_id = %(message_id)s
WHERE r.customer_id = %(customer_id)s AND r.channel_id = %(channel_id)s
    AND r.provider_message_id = %(provider_message_id)s AND r.message_id IS NULL
RETURNING r.is_opt_out

-- name: hold_conversations_of
-- Lock the conversations of these messages before anything of them changes.
SELECT c.customer_id, c.id
FROM unnest(%(customer_ids)b::bigint[], %(message_ids)b::uuid[]) AS t (customer_id, message_id)
JOIN messages AS m ON m.customer_id = t.customer_id AND m.id = t.message_id
JOIN conversations AS c ON c.customer_id = m.customer_id AND c.id = m.conversation_id
ORDER BY c.customer_id, c.id
FOR UPDATE OF c

-- name: find_best_receipts
-- Of all receipts about each of these messages, the one that says the most.
SELECT m.customer_id, m.id, m.status, m.failure_code, b.status, b.error_code
FROM unnest(%(customer_ids)b::bigint[], %(message_ids)b::uuid[]) AS t (customer_id, message_id)
JOIN messages AS m ON m.customer_id = t.customer_id AND m.id = t.message_id
CROSS JOIN LATERAL (
    SELECT r.status, r.error_code
    FROM message_receipts AS r
    WHERE r.customer_id = m.customer_id AND r.message_id = m.id
        AND r.provider_message_id = m.provider_message_id
        AND r.status = ANY(%(order)s::text[])
    ORDER BY array_position(%(order)s::text[], r.status) DESC, r.occurred_at, r.event_id
    LIMIT 1
) AS b
WHERE m.status <> 'canceled'

-- name: advance_messages
-- Let messages become what their receipts say.
UPDATE messages AS m
SET status = t.status, failure_code = t.failure_code, failure = t.failure
FROM unnest(
    %(customer_ids)b::bigint[], %(message_ids)b::uuid[], %(statuses)b::text[],
    %(failure_codes)b::text[], %(failures)b::text[]
) AS t (customer_id, message_id, status, failure_code, failure)
WHERE m.customer_id = t.customer_id AND m.id = t.message_id
RETURNING m.customer_id, m.conversation_id, m.id, m.seq, m.status

-- name: touch_conversations
-- Something in these conversations changed.
UPDATE conversations AS c
SET version = c.version + 1
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
WHERE c.customer_id = t.customer_id AND c.id = t.id
RETURNING c.customer_id, c.id, c.version
