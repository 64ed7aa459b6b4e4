-- Events whose provider keeps the content until it is fetched, and what was fetched.

ALTER TABLE inbound_queue DROP CONSTRAINT inbound_queue_lane_check;
ALTER TABLE inbound_queue
    ADD CONSTRAINT inbound_queue_lane_check CHECK (lane IN (0, 1, 2, 3));

CREATE TABLE fetched_contents (
    customer_id bigint NOT NULL,
    event_id uuid NOT NULL,
    content_type text NOT NULL,
    body bytea NOT NULL,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, event_id),
    FOREIGN KEY (customer_id, event_id) REFERENCES inbound_events (customer_id, id)
);

COMMENT ON COLUMN inbound_queue.lane IS '0: live. 1: repeated on purpose, when nothing live waits. 2: alone, because it stopped or stalled whoever read it. 3: waits for what its provider keeps; next_attempt_at is the end of the lease while that is fetched.';

COMMENT ON TABLE fetched_contents IS 'What a provider kept of an event until it was fetched; never changed.';
COMMENT ON COLUMN fetched_contents.customer_id IS 'The customer whose channel received the event.';
COMMENT ON COLUMN fetched_contents.event_id IS 'The event that it belongs to.';
COMMENT ON COLUMN fetched_contents.content_type IS 'What the provider said it is.';
COMMENT ON COLUMN fetched_contents.body IS 'Byte for byte as it was answered.';
COMMENT ON COLUMN fetched_contents.fetched_at IS 'When the row was made, by the database clock.';
