DROP VIEW own_addresses;
DROP TABLE channel_addresses;
COMMENT ON COLUMN channels.own_address IS 'The canonical address that receives.';
COMMENT ON COLUMN conversation_participants.role IS 'own: the channel''s address; other: everybody else.';
COMMENT ON COLUMN conversations.key_hash IS 'Hash of what makes it one conversation: the other participants, or the e-mail that began it.';
