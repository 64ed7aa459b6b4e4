-- name: record_receipts
-- Keep every receipt, beside the message it is about where we sent one.
INSERT INTO message_receipts (
    customer_id, event_id, channel_id, provider_message_id, message_id, status, provider_status,
    error_code, occurred_at
)
SELECT
    t.customer_id, t.event_id, t.channel_id, t.provider_message_id, m.id, t.status,
    t.provider_status, t.error_code, t.occurred_at
FROM unnest(
    %(customer_ids)b::bigint[], %(event_ids)b::uuid[], %(channel_ids)b::uuid[],
    %(provider_message_ids)b::text[], %(statuses)b::text[], %(provider_statuses)b::text[],
    %(error_codes)b::text[], %(occurred_ats)b::timestamptz[]
) AS t (
    customer_id, event_id, channel_id, provider_message_id, status, provider_status, error_code,
    occurred_at
)
LEFT JOIN messages AS m
    ON m.customer_id = t.customer_id AND m.channel_id = t.channel_id
    AND m.provider_message_id = t.provider_message_id AND m.direction = 'outbound'
ON CONFLICT DO NOTHING
