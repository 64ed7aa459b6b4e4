-- name: read_receipts
-- What some receipts say.
SELECT
    r.event_id::text, r.provider_message_id, r.status, r.provider_status, r.error_code, r.is_opt_out,
    r.occurred_at
FROM message_receipts AS r
WHERE r.customer_id = %(customer_id)s::bigint AND r.event_id = ANY(%(ids)s::uuid[])

-- name: mend_receipt
-- Let a receipt say this.
UPDATE message_receipts AS r
SET provider_message_id = %(provider_message_id)s::text, status = %(status)s::text,
    provider_status = %(provider_status)s::text, error_code = %(error_code)s::text,
    is_opt_out = %(is_opt_out)s::boolean, occurred_at = %(occurred_at)s::timestamptz
WHERE r.customer_id = %(customer_id)s::bigint AND r.event_id = %(event_id)s::uuid
