-- How an e-mail finds its conversation, whatever order the mails arrive in.

CREATE TABLE email_message_ids (
    customer_id bigint NOT NULL,
    channel_id uuid NOT NULL,
    hash uuid NOT NULL,
    value text NOT NULL,
    message_id uuid,
    PRIMARY KEY (customer_id, channel_id, hash),
    FOREIGN KEY (customer_id, message_id) REFERENCES messages (customer_id, id)
);

CREATE TABLE email_awaited (
    customer_id bigint NOT NULL,
    channel_id uuid NOT NULL,
    hash uuid NOT NULL,
    conversation_id uuid NOT NULL,
    sender_hash bigint NOT NULL,
    PRIMARY KEY (customer_id, channel_id, hash, conversation_id),
    FOREIGN KEY (customer_id, channel_id, hash)
        REFERENCES email_message_ids (customer_id, channel_id, hash),
    FOREIGN KEY (customer_id, conversation_id) REFERENCES conversations (customer_id, id),
    FOREIGN KEY (customer_id, sender_hash) REFERENCES addresses (customer_id, hash)
);

CREATE INDEX email_awaited_by_conversation ON email_awaited (customer_id, conversation_id);

CREATE TABLE conversation_merges (
    customer_id bigint NOT NULL,
    from_id uuid NOT NULL,
    into_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason IN ('late_parent')),
    merged_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, from_id),
    CHECK (from_id <> into_id)
);

COMMENT ON TABLE email_message_ids IS 'Every Message-ID that a mail on a channel bears or refers to.';
COMMENT ON COLUMN email_message_ids.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN email_message_ids.channel_id IS 'Threads never cross channels.';
COMMENT ON COLUMN email_message_ids.hash IS 'Hash of the Message-ID.';
COMMENT ON COLUMN email_message_ids.value IS 'The Message-ID, without angle brackets.';
COMMENT ON COLUMN email_message_ids.message_id IS 'The first message that bears it; NULL while it is only referred to.';

COMMENT ON TABLE email_awaited IS 'Conversations whose first mail answers a mail that has not arrived.';
COMMENT ON COLUMN email_awaited.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN email_awaited.channel_id IS 'The conversation''s channel.';
COMMENT ON COLUMN email_awaited.hash IS 'The Message-ID it waits for.';
COMMENT ON COLUMN email_awaited.conversation_id IS 'The conversation that waits.';
COMMENT ON COLUMN email_awaited.sender_hash IS 'Who wrote the waiting mail; must be a participant of what it joins.';

COMMENT ON TABLE conversation_merges IS 'Conversations that became part of another one.';
COMMENT ON COLUMN conversation_merges.customer_id IS 'The conversations'' customer.';
COMMENT ON COLUMN conversation_merges.from_id IS 'The conversation that is no more.';
COMMENT ON COLUMN conversation_merges.into_id IS 'The conversation that has its messages.';
COMMENT ON COLUMN conversation_merges.reason IS 'late_parent: the mail that it answers arrived after it.';
COMMENT ON COLUMN conversation_merges.merged_at IS 'When, by the database clock.';
