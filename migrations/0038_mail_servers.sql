-- A channel may send to a mail server, too.

ALTER TABLE channels
    DROP CONSTRAINT channels_send_url_check,
    ADD CONSTRAINT channels_send_url_check CHECK (send_url ~ '^(https?|smtps?)://');

COMMENT ON COLUMN channels.send_url IS 'Where messages are posted, if not at the provider''s own address; the mail server of a channel of smtp.';
