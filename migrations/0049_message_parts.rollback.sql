DROP VIEW analytics.message_parts;
DROP TABLE message_parts;
COMMENT ON COLUMN inbound_queue.lane IS '0: live. 1: repeated on purpose, when nothing live waits. 2: alone, because it stopped or stalled whoever read it. 3: waits for what its provider keeps; next_attempt_at is the end of the lease while that is fetched.';
