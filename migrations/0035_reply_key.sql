-- A channel may give each mail a reply address of its own; this key signs them.

ALTER TABLE channels ADD COLUMN reply_key bytea CHECK (octet_length(reply_key) = 32);

COMMENT ON COLUMN channels.reply_key IS 'Signs the reply addresses of mails; NULL where they have none. To know it lets nobody do what a forged sender does not.';
