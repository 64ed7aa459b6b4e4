UPDATE inbound_queue SET lane = 0 WHERE lane = 3;
ALTER TABLE inbound_queue DROP CONSTRAINT inbound_queue_lane_check;
ALTER TABLE inbound_queue
    ADD CONSTRAINT inbound_queue_lane_check CHECK (lane IN (0, 1, 2));
COMMENT ON COLUMN inbound_queue.lane IS '0: live. 1: repeated on purpose, when nothing live waits. 2: alone, because it stopped or stalled whoever read it.';
DROP TABLE fetched_contents;
