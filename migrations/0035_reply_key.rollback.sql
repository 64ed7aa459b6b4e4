ALTER TABLE channels DROP COLUMN reply_key;
