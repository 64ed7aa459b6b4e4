-- What an own address wrote elsewhere comes in as an event and is an outbound message all the same.

ALTER TABLE messages
    DROP CONSTRAINT messages_check1,
    ADD CONSTRAINT messages_event_check CHECK (direction = 'outbound' OR event_id IS NOT NULL) NOT VALID;

ALTER TABLE messages VALIDATE CONSTRAINT messages_event_check;

COMMENT ON COLUMN messages.id IS 'The event''s id for messages that came in as events.';
COMMENT ON COLUMN messages.event_id IS 'The event it was made from, which may be gone by now; NULL for what was written here. An outbound message that has one was sent by an own address from elsewhere.';
