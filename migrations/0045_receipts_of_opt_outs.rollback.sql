DROP VIEW analytics.message_receipts;
ALTER TABLE message_receipts DROP COLUMN is_opt_out;

CREATE VIEW analytics.message_receipts WITH (security_barrier) AS
SELECT
    customer_id,
    event_id,
    channel_id,
    provider_message_id,
    message_id,
    status,
    provider_status,
    error_code,
    occurred_at
FROM public.message_receipts
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

COMMENT ON VIEW analytics.message_receipts IS 'Every delivery receipt, kept.';
COMMENT ON COLUMN analytics.message_receipts.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN analytics.message_receipts.event_id IS 'The event it was read from, which may be gone by now.';
COMMENT ON COLUMN analytics.message_receipts.channel_id IS 'The channel it came in on.';
COMMENT ON COLUMN analytics.message_receipts.provider_message_id IS 'The provider''s id of the message it is about.';
COMMENT ON COLUMN analytics.message_receipts.message_id IS 'The message it is about; NULL where we did not send it.';
COMMENT ON COLUMN analytics.message_receipts.status IS 'queued, sent, delivered, read, failed, or unknown for a word we do not know.';
COMMENT ON COLUMN analytics.message_receipts.provider_status IS 'The provider''s own word.';
COMMENT ON COLUMN analytics.message_receipts.error_code IS 'The provider''s error code.';
COMMENT ON COLUMN analytics.message_receipts.occurred_at IS 'The provider''s claim; received_at where it makes none.';
