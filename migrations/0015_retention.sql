-- How long each customer keeps what was received, and which chore ran when.
-- What was derived from an event outlives it, so it no longer refers to it by a foreign key.

ALTER TABLE customers
    ADD COLUMN event_days integer CHECK (event_days >= 7),
    ADD COLUMN dead_letter_days integer CHECK (dead_letter_days >= 1),
    ADD COLUMN quarantine_days integer CHECK (quarantine_days >= 1),
    ADD COLUMN outbox_days integer CHECK (outbox_days >= 1);

CREATE TABLE chore_runs (
    name text PRIMARY KEY,
    ran_at timestamptz NOT NULL,
    seconds double precision NOT NULL DEFAULT 0,
    rows bigint NOT NULL DEFAULT 0
);

COMMENT ON COLUMN customers.event_days IS 'Days for which settled events are kept; NULL: as EVENT_DAYS says.';
COMMENT ON COLUMN customers.dead_letter_days IS 'Days for which dead letters are kept; NULL: as DEAD_LETTER_DAYS says.';
COMMENT ON COLUMN customers.quarantine_days IS 'Days for which refused deliveries are kept; NULL: as QUARANTINE_DAYS says.';
COMMENT ON COLUMN customers.outbox_days IS 'Days for which changes can be followed; NULL: as OUTBOX_DAYS says.';
COMMENT ON TABLE chore_runs IS 'When each chore last ran: whoever moves the time on does it.';
COMMENT ON COLUMN chore_runs.name IS 'The chore.';
COMMENT ON COLUMN chore_runs.ran_at IS 'When it last began, by the database clock.';
COMMENT ON COLUMN chore_runs.seconds IS 'How long it then took.';
COMMENT ON COLUMN chore_runs.rows IS 'How many rows it then removed or changed.';

ALTER TABLE messages DROP CONSTRAINT messages_customer_id_event_id_fkey;
ALTER TABLE message_receipts DROP CONSTRAINT message_receipts_customer_id_event_id_fkey;
COMMENT ON COLUMN messages.event_id IS 'The event it was made from, which may be gone by now; NULL for outbound.';
COMMENT ON COLUMN message_receipts.event_id IS 'The event it was read from, which may be gone by now.';
