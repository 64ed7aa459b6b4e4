-- Three lanes through the queue, so that neither repeated nor dangerous work delays what is live.

ALTER TABLE inbound_queue
    ADD COLUMN lane smallint NOT NULL DEFAULT 0 CHECK (lane IN (0, 1, 2)),
    ADD COLUMN traceparent text;

DROP INDEX inbound_queue_due;
CREATE INDEX inbound_queue_due ON inbound_queue (lane, next_attempt_at);

COMMENT ON COLUMN inbound_queue.lane IS '0: live. 1: repeated on purpose, when nothing live waits. 2: alone, because it stopped or stalled whoever read it.';
COMMENT ON COLUMN inbound_queue.traceparent IS 'W3C trace context of the request that brought it; NULL while nothing is traced.';
