-- name: find_derived
-- What was made of one event: the message that it became, is a part of or brought again, or the
-- receipt that it was read as.
SELECT
    own.id AS message_id, own.conversation_id, own.seq, own.status AS message_status,
    r.status AS receipt_status, r.provider_status, r.error_code, r.occurred_at,
    about.id AS about_message_id, about.conversation_id AS about_conversation_id
FROM inbound_events AS e
LEFT JOIN message_copies AS k ON k.customer_id = e.customer_id AND k.event_id = e.id
LEFT JOIN message_parts AS d ON d.customer_id = e.customer_id AND d.event_id = e.id
LEFT JOIN messages AS own
    ON own.customer_id = e.customer_id
        AND own.id = coalesce(k.message_id, d.message_id, e.id)
LEFT JOIN message_receipts AS r ON r.customer_id = e.customer_id AND r.event_id = e.id
LEFT JOIN messages AS about ON about.customer_id = r.customer_id AND about.id = r.message_id
WHERE e.customer_id = %(customer_id)s::bigint AND e.id = %(event_id)s::uuid

-- name: find_standing
-- Where one event stands: its place in the queue, and what became of its dead letter.
SELECT
    q.lane, q.attempt_count, q.next_attempt_at, d.error_class, d.detail, d.attempts,
    d.failed_at, d.resolution, d.resolved_at,
    p.part_number AS waiting_part, p.part_total AS waiting_total
FROM inbound_events AS e
LEFT JOIN inbound_queue AS q ON q.customer_id = e.customer_id AND q.event_id = e.id
LEFT JOIN dead_letters AS d ON d.customer_id = e.customer_id AND d.event_id = e.id
LEFT JOIN message_parts AS p
    ON p.customer_id = e.customer_id AND p.event_id = e.id AND p.message_id IS NULL
WHERE e.customer_id = %(customer_id)s::bigint AND e.id = %(event_id)s::uuid
