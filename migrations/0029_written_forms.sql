-- A number of a country that changed its numbering plan has two forms; whoever answers uses the one he was met by.

ALTER TABLE messages ADD COLUMN from_written text;
ALTER TABLE message_recipients ADD COLUMN written text;

CREATE INDEX messages_from_written
    ON messages (customer_id, channel_id, from_hash, sent_at DESC, id DESC)
    WHERE from_written IS NOT NULL;
CREATE INDEX message_recipients_written
    ON message_recipients (customer_id, address_hash, message_id DESC) WHERE written IS NOT NULL;

COMMENT ON COLUMN messages.from_written IS 'The form in which the sender''s number came in, where it may have two; NULL elsewhere.';
COMMENT ON COLUMN message_recipients.written IS 'The form in which this number came in, where it may have two; NULL elsewhere.';
