-- What came in is inbound again, whoever wrote it.
UPDATE messages SET direction = 'inbound', status = 'received'
WHERE direction = 'outbound' AND event_id IS NOT NULL;

ALTER TABLE messages
    DROP CONSTRAINT messages_event_check,
    ADD CONSTRAINT messages_check1 CHECK ((direction = 'inbound') = (event_id IS NOT NULL));

COMMENT ON COLUMN messages.id IS 'The event''s id for inbound messages.';
COMMENT ON COLUMN messages.event_id IS 'The event it was made from, which may be gone by now; NULL for outbound.';
