-- A receipt may tell of an opt-out before it is known which message it is about.

ALTER TABLE message_receipts ADD COLUMN is_opt_out boolean NOT NULL DEFAULT false;

CREATE OR REPLACE VIEW analytics.message_receipts WITH (security_barrier) AS
SELECT
    customer_id,
    event_id,
    channel_id,
    provider_message_id,
    message_id,
    status,
    provider_status,
    error_code,
    occurred_at,
    is_opt_out
FROM public.message_receipts
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

COMMENT ON COLUMN message_receipts.is_opt_out IS 'Whether the provider refused the text since its recipient has opted out.';
COMMENT ON COLUMN analytics.message_receipts.is_opt_out IS 'Whether the provider refused the text since its recipient has opted out.';
