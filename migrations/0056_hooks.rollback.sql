DELETE FROM outbox_cursors WHERE consumer = 'hooks';
DROP TABLE hook_attempts;
DROP TABLE hook_deliveries;
DROP TABLE hooks;
