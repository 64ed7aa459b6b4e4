ALTER TABLE message_recipients DROP COLUMN written;
ALTER TABLE messages DROP COLUMN from_written;
