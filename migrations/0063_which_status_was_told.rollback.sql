UPDATE hooks
SET types = array_remove(types, 'message.status.v1')
    || CASE WHEN 'message.updated.v1' = ANY(types) THEN '{}'::text[] ELSE '{message.updated.v1}' END
WHERE 'message.status.v1' = ANY(types);
UPDATE hook_deliveries SET type = 'message.updated.v1' WHERE type = 'message.status.v1';
ALTER TABLE hook_deliveries DROP COLUMN message_status;
ALTER TABLE outbox DROP COLUMN message_status;
