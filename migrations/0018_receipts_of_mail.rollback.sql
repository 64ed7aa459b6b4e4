UPDATE message_receipts SET status = 'unknown'
WHERE status IN ('bounced', 'complained', 'opened', 'clicked');

ALTER TABLE message_receipts DROP CONSTRAINT message_receipts_status_check;
ALTER TABLE message_receipts
    ADD CONSTRAINT message_receipts_status_check
        CHECK (status IN ('queued', 'sent', 'delivered', 'read', 'failed', 'unknown'));
