DROP TABLE chore_runs;
ALTER TABLE customers
    DROP COLUMN event_days, DROP COLUMN dead_letter_days, DROP COLUMN quarantine_days,
    DROP COLUMN outbox_days;
ALTER TABLE messages
    ADD CONSTRAINT messages_customer_id_event_id_fkey
    FOREIGN KEY (customer_id, event_id) REFERENCES inbound_events (customer_id, id) NOT VALID;
ALTER TABLE message_receipts
    ADD CONSTRAINT message_receipts_customer_id_event_id_fkey
    FOREIGN KEY (customer_id, event_id) REFERENCES inbound_events (customer_id, id) NOT VALID;
COMMENT ON COLUMN messages.event_id IS 'The event it was made from; NULL for outbound.';
COMMENT ON COLUMN message_receipts.event_id IS 'The event it was read from.';
