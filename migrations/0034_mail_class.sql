-- What kind of mail a message is, and what the HTML of a mail calls an image that came with it.

ALTER TABLE messages
    ADD COLUMN mail_class text CHECK (
        mail_class IN (
            'human', 'auto_reply', 'out_of_office', 'list', 'bulk', 'bounce', 'complaint', 'own_echo'
        )
    ),
    ADD COLUMN is_automatic boolean NOT NULL DEFAULT false;
ALTER TABLE attachments ADD COLUMN content_id text;

COMMENT ON COLUMN messages.mail_class IS 'Why a mail was written: human, auto_reply, out_of_office, list, bulk, bounce, complaint or own_echo; NULL where nothing tells.';
COMMENT ON COLUMN messages.is_automatic IS 'Whether a program wrote it and nobody waits behind it: it asks for no answer and is never unread.';
COMMENT ON COLUMN attachments.content_id IS 'What the HTML of the mail calls it (cid:), without brackets.';
COMMENT ON COLUMN conversations.last_inbound_seq IS 'The highest seq of a message that a person sent us; unread is decided by it.';
COMMENT ON COLUMN conversations.waiting_since IS 'When the first message of a person arrived that nobody has answered; NULL where there is none.';
