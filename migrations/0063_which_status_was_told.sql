-- Which status a message got is kept with the change, so that hooks are told of each as an event of its
-- own (message.status.v1). Whoever asked for message.updated.v1, which told of it before, asks for both.

ALTER TABLE outbox ADD COLUMN message_status text;
ALTER TABLE hook_deliveries ADD COLUMN message_status text;

UPDATE hooks SET types = types || 'message.status.v1'::text WHERE 'message.updated.v1' = ANY(types);

COMMENT ON COLUMN outbox.message_status IS 'Of message.updated: the status that the message got; NULL where something else of it changed.';
COMMENT ON COLUMN hook_deliveries.message_status IS 'The status that message.status.v1 tells; NULL for all other events.';
