DELETE FROM jobs WHERE kind <> 'bulk';
ALTER TABLE jobs DROP COLUMN events_per_second, DROP COLUMN reason, DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check CHECK (kind = 'bulk');
DROP INDEX dead_letters_of_class;
DROP INDEX dead_letters_waiting;
UPDATE dead_letters SET resolution = 'retried' WHERE resolution = 'dropped';
ALTER TABLE dead_letters DROP CONSTRAINT dead_letters_resolution_check;
ALTER TABLE dead_letters
    ADD CONSTRAINT dead_letters_resolution_check CHECK (resolution IN ('retried'));
UPDATE quarantined_deliveries SET body = substring(body FOR 65536) WHERE length(body) > 65536;
ALTER TABLE quarantined_deliveries
    ADD CONSTRAINT quarantined_deliveries_body_check CHECK (length(body) <= 65536);
COMMENT ON COLUMN quarantined_deliveries.body IS 'The first 64 KiB of the body.';
COMMENT ON COLUMN dead_letters.resolution IS 'NULL while it waits for somebody; retried once it was queued again.';
COMMENT ON COLUMN jobs.kind IS 'bulk: one action on many conversations.';
COMMENT ON COLUMN jobs.total IS 'How many conversations matched when it was asked for.';
COMMENT ON COLUMN jobs.unchanged IS 'How many were as asked already.';
COMMENT ON COLUMN jobs.cursor_at IS 'last_activity_at of the last conversation it came to.';
COMMENT ON COLUMN jobs.cursor_id IS 'The last conversation it came to.';
