DROP INDEX inbound_queue_due;
ALTER TABLE inbound_queue DROP COLUMN lane, DROP COLUMN traceparent;
CREATE INDEX inbound_queue_due ON inbound_queue (next_attempt_at);
