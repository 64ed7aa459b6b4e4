UPDATE channels SET send_url = NULL WHERE send_url ~ '^smtps?://';
ALTER TABLE channels
    DROP CONSTRAINT channels_send_url_check,
    ADD CONSTRAINT channels_send_url_check CHECK (send_url ~ '^https?://');

COMMENT ON COLUMN channels.send_url IS 'Where messages are posted, if not at the provider''s own address.';
