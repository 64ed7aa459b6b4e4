COMMENT ON COLUMN conversations.last_inbound_seq IS 'The highest seq of a message that somebody sent us; unread is decided by it.';
COMMENT ON COLUMN conversations.waiting_since IS 'When the first message arrived that nobody has answered; NULL where there is none.';
ALTER TABLE attachments DROP COLUMN content_id;
ALTER TABLE messages DROP COLUMN mail_class, DROP COLUMN is_automatic;
