DROP INDEX message_receipts_unmatched;
DROP INDEX email_message_ids_of_message;
DROP TABLE idempotency_keys;
DROP TABLE channel_pace;
DROP TABLE outbound_attempts;
DROP TABLE outbound_queue;
ALTER TABLE messages
    DROP CONSTRAINT messages_failure_check,
    DROP CONSTRAINT messages_status_check,
    ADD CONSTRAINT messages_status_check
        CHECK (status IN ('received', 'queued', 'sent', 'delivered', 'read', 'failed')),
    DROP COLUMN agent_id,
    DROP COLUMN failure_code,
    DROP COLUMN failure;
ALTER TABLE channels DROP COLUMN account, DROP COLUMN send_url, DROP COLUMN sends_per_second;
