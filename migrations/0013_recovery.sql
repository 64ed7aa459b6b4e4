-- What operators do about dead letters, settled events and refused deliveries, as tracked jobs.

ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs
    ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('bulk', 'retry', 'drop', 'replay')),
    ADD COLUMN events_per_second integer CHECK (events_per_second > 0),
    ADD COLUMN reason text;

ALTER TABLE dead_letters DROP CONSTRAINT dead_letters_resolution_check;
ALTER TABLE dead_letters
    ADD CONSTRAINT dead_letters_resolution_check CHECK (resolution IN ('retried', 'dropped'));

CREATE INDEX dead_letters_of_class ON dead_letters (customer_id, error_class, event_id)
WHERE resolution IS NULL;
CREATE INDEX dead_letters_waiting ON dead_letters (customer_id, event_id)
WHERE resolution IS NULL;

ALTER TABLE quarantined_deliveries DROP CONSTRAINT quarantined_deliveries_body_check;
COMMENT ON COLUMN quarantined_deliveries.body IS 'The body, cut where it is longer than the channel''s quarantine may hold.';
COMMENT ON COLUMN dead_letters.resolution IS 'NULL while it waits for somebody; retried once it was queued again; dropped once somebody gave it up.';
COMMENT ON COLUMN jobs.events_per_second IS 'The most events that it queues in a second; NULL for jobs that queue none.';
COMMENT ON COLUMN jobs.reason IS 'Why, in the words of who asked for it.';
COMMENT ON COLUMN jobs.kind IS 'bulk: one action on many conversations. retry, drop: dead letters queued again or given up. replay: events queued again.';
COMMENT ON COLUMN jobs.total IS 'How many conversations or events matched when it was asked for, up to a cap.';
COMMENT ON COLUMN jobs.unchanged IS 'How many were as asked already; of a replay, those that waited in the queue.';
COMMENT ON COLUMN jobs.cursor_at IS 'bulk: last_activity_at of the last conversation it came to; otherwise when its last step ended.';
COMMENT ON COLUMN jobs.cursor_id IS 'The last conversation or event it came to.';
