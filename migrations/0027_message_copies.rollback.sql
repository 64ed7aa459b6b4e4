ALTER TABLE email_message_ids DROP COLUMN content_hash;
DROP TABLE message_copies;
