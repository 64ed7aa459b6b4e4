-- A mail that is delivered twice is one message: further deliveries of it are kept as copies.

CREATE TABLE message_copies (
    customer_id bigint NOT NULL,
    event_id uuid NOT NULL,
    message_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, event_id),
    -- A rebuild may take a message away and put it back.
    FOREIGN KEY (customer_id, message_id) REFERENCES messages (customer_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CHECK (event_id <> message_id)
);

CREATE INDEX message_copies_of_message ON message_copies (customer_id, message_id);

ALTER TABLE email_message_ids ADD COLUMN content_hash uuid;

COMMENT ON TABLE message_copies IS 'Events that brought a mail once more, under another id of the provider.';
COMMENT ON COLUMN message_copies.customer_id IS 'The message''s customer.';
COMMENT ON COLUMN message_copies.event_id IS 'The event that brought the copy, which may be gone by now.';
COMMENT ON COLUMN message_copies.message_id IS 'The message that it is a copy of.';
COMMENT ON COLUMN message_copies.created_at IS 'When the row was made, by the database clock.';
COMMENT ON COLUMN email_message_ids.content_hash IS 'Hash of what the message that bears it says; NULL for what came before copies were told apart.';
