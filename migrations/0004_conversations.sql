-- What was said: conversations, who takes part, and the messages in them.

CREATE TABLE conversations (
    customer_id bigint NOT NULL,
    id uuid NOT NULL,
    channel_id uuid NOT NULL,
    key_hash uuid NOT NULL,
    generation integer NOT NULL DEFAULT 1 CHECK (generation >= 1),
    is_current boolean NOT NULL DEFAULT true,
    status text NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'pending', 'snoozed', 'closed', 'spam')),
    closed_at timestamptz,
    assignee_id uuid,
    subject text,
    message_count integer NOT NULL CHECK (message_count >= 0),
    inbound_count integer NOT NULL CHECK (inbound_count BETWEEN 0 AND message_count),
    last_seq integer NOT NULL CHECK (last_seq >= message_count),
    first_message_at timestamptz NOT NULL,
    first_message_id uuid NOT NULL,
    last_activity_at timestamptz NOT NULL,
    last_message_id uuid NOT NULL,
    last_message_direction text NOT NULL CHECK (last_message_direction IN ('inbound', 'outbound')),
    last_message_preview text NOT NULL CHECK (length(last_message_preview) <= 160),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK (first_message_at <= last_activity_at)
);

CREATE UNIQUE INDEX conversations_current_key
    ON conversations (customer_id, channel_id, key_hash) WHERE is_current;
CREATE INDEX conversations_by_activity
    ON conversations (customer_id, last_activity_at DESC, id DESC);
CREATE INDEX conversations_by_channel_and_status
    ON conversations (customer_id, channel_id, status, last_activity_at DESC, id DESC);

CREATE TABLE conversation_participants (
    customer_id bigint NOT NULL,
    conversation_id uuid NOT NULL,
    address_hash bigint NOT NULL,
    role text NOT NULL CHECK (role IN ('own', 'other')),
    PRIMARY KEY (customer_id, conversation_id, address_hash, role),
    FOREIGN KEY (customer_id, conversation_id) REFERENCES conversations (customer_id, id),
    FOREIGN KEY (customer_id, address_hash) REFERENCES addresses (customer_id, hash)
);

CREATE INDEX conversation_participants_by_address
    ON conversation_participants (customer_id, address_hash, conversation_id);

CREATE TABLE messages (
    customer_id bigint NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq integer NOT NULL CHECK (seq >= 1),
    direction text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    channel_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('sms', 'mms', 'email')),
    status text NOT NULL
        CHECK (status IN ('received', 'queued', 'sent', 'delivered', 'read', 'failed')),
    from_hash bigint NOT NULL,
    from_name text CHECK (length(from_name) <= 255),
    body_hash bigint NOT NULL,
    body_format text NOT NULL CHECK (body_format IN ('text', 'html')),
    subject text,
    provider_message_id text,
    event_id uuid,
    sent_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, conversation_id, seq),
    FOREIGN KEY (customer_id, conversation_id) REFERENCES conversations (customer_id, id),
    FOREIGN KEY (customer_id, from_hash) REFERENCES addresses (customer_id, hash),
    FOREIGN KEY (customer_id, body_hash) REFERENCES bodies (customer_id, hash),
    FOREIGN KEY (customer_id, event_id) REFERENCES inbound_events (customer_id, id),
    CHECK ((direction = 'inbound') = (status = 'received')),
    CHECK ((direction = 'inbound') = (event_id IS NOT NULL)),
    CHECK (sent_at <= received_at)
);

CREATE INDEX messages_by_time ON messages (customer_id, conversation_id, sent_at DESC, id DESC);
CREATE INDEX messages_sent_by_us
    ON messages (customer_id, channel_id, provider_message_id) WHERE direction = 'outbound';

CREATE TABLE message_recipients (
    customer_id bigint NOT NULL,
    message_id uuid NOT NULL,
    address_hash bigint NOT NULL,
    role text NOT NULL CHECK (role IN ('to', 'cc', 'bcc')),
    PRIMARY KEY (customer_id, message_id, address_hash, role),
    FOREIGN KEY (customer_id, message_id) REFERENCES messages (customer_id, id),
    FOREIGN KEY (customer_id, address_hash) REFERENCES addresses (customer_id, hash)
);

CREATE TABLE attachments (
    customer_id bigint NOT NULL,
    message_id uuid NOT NULL,
    position integer NOT NULL CHECK (position >= 1),
    url text NOT NULL,
    content_type text,
    filename text,
    size_bytes bigint CHECK (size_bytes >= 0),
    PRIMARY KEY (customer_id, message_id, position),
    FOREIGN KEY (customer_id, message_id) REFERENCES messages (customer_id, id)
);

CREATE TABLE message_receipts (
    customer_id bigint NOT NULL,
    event_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    provider_message_id text NOT NULL,
    message_id uuid,
    status text NOT NULL
        CHECK (status IN ('queued', 'sent', 'delivered', 'read', 'failed', 'unknown')),
    provider_status text NOT NULL,
    error_code text,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, event_id),
    FOREIGN KEY (customer_id, event_id) REFERENCES inbound_events (customer_id, id),
    FOREIGN KEY (customer_id, message_id) REFERENCES messages (customer_id, id)
);

CREATE INDEX message_receipts_of_message ON message_receipts (customer_id, message_id);

COMMENT ON TABLE conversations IS 'The messages among one set of participants on one channel (SMS), or one thread (email).';
COMMENT ON COLUMN conversations.customer_id IS 'The customer who holds the conversation.';
COMMENT ON COLUMN conversations.id IS 'Derived from customer, channel, key and generation, so a rebuild gives the same id.';
COMMENT ON COLUMN conversations.channel_id IS 'The channel it takes place on.';
COMMENT ON COLUMN conversations.key_hash IS 'Hash of what makes it one conversation: the other participants, or the e-mail that began it.';
COMMENT ON COLUMN conversations.generation IS 'Counts conversations of one key, from 1.';
COMMENT ON COLUMN conversations.is_current IS 'Whether a new message of this key belongs here.';
COMMENT ON COLUMN conversations.status IS 'open, pending, snoozed, closed or spam.';
COMMENT ON COLUMN conversations.closed_at IS 'When it was closed; set exactly while the status is closed.';
COMMENT ON COLUMN conversations.assignee_id IS 'The agent who has it; NULL while nobody has.';
COMMENT ON COLUMN conversations.subject IS 'Subject of the earliest message; NULL for SMS.';
COMMENT ON COLUMN conversations.message_count IS 'Messages in it, both directions.';
COMMENT ON COLUMN conversations.inbound_count IS 'Messages in it that somebody sent us.';
COMMENT ON COLUMN conversations.last_seq IS 'The highest seq given out.';
COMMENT ON COLUMN conversations.first_message_at IS 'sent_at of its earliest message.';
COMMENT ON COLUMN conversations.first_message_id IS 'Its earliest message.';
COMMENT ON COLUMN conversations.last_activity_at IS 'sent_at of its latest message; the list is sorted by it.';
COMMENT ON COLUMN conversations.last_message_id IS 'Its latest message.';
COMMENT ON COLUMN conversations.last_message_direction IS 'Who wrote last: inbound or outbound.';
COMMENT ON COLUMN conversations.last_message_preview IS 'The beginning of the latest message as one line of text.';
COMMENT ON COLUMN conversations.version IS 'Grows with every change.';
COMMENT ON COLUMN conversations.created_at IS 'When the row was made, by the database clock.';

COMMENT ON TABLE conversation_participants IS 'Which addresses take part in a conversation.';
COMMENT ON COLUMN conversation_participants.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN conversation_participants.conversation_id IS 'The conversation.';
COMMENT ON COLUMN conversation_participants.address_hash IS 'The address that takes part.';
COMMENT ON COLUMN conversation_participants.role IS 'own: the channel''s address; other: everybody else.';

COMMENT ON TABLE messages IS 'Every communication, either direction.';
COMMENT ON COLUMN messages.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN messages.id IS 'The event''s id for inbound messages.';
COMMENT ON COLUMN messages.conversation_id IS 'The conversation it belongs to.';
COMMENT ON COLUMN messages.seq IS 'Counts 1, 2, 3 ... inside the conversation, in order of arrival.';
COMMENT ON COLUMN messages.direction IS 'inbound or outbound.';
COMMENT ON COLUMN messages.channel_id IS 'The channel that carried it.';
COMMENT ON COLUMN messages.kind IS 'sms, mms or email.';
COMMENT ON COLUMN messages.status IS 'received for inbound; queued, sent, delivered, read or failed for outbound.';
COMMENT ON COLUMN messages.from_hash IS 'The sender''s address.';
COMMENT ON COLUMN messages.from_name IS 'The display name the sender gave; never an identity.';
COMMENT ON COLUMN messages.body_hash IS 'The text.';
COMMENT ON COLUMN messages.body_format IS 'text or html.';
COMMENT ON COLUMN messages.subject IS 'The subject line; NULL for SMS.';
COMMENT ON COLUMN messages.provider_message_id IS 'The provider''s own id.';
COMMENT ON COLUMN messages.event_id IS 'The event it was made from; NULL for outbound.';
COMMENT ON COLUMN messages.sent_at IS 'The provider''s claim; received_at where it makes none or one in the future.';
COMMENT ON COLUMN messages.received_at IS 'When the request arrived, by our clock.';
COMMENT ON COLUMN messages.created_at IS 'When the row was made, by the database clock.';

COMMENT ON TABLE message_recipients IS 'To whom a message was addressed.';
COMMENT ON COLUMN message_recipients.customer_id IS 'The message''s customer.';
COMMENT ON COLUMN message_recipients.message_id IS 'The message.';
COMMENT ON COLUMN message_recipients.address_hash IS 'The address it went to.';
COMMENT ON COLUMN message_recipients.role IS 'to, cc or bcc.';

COMMENT ON TABLE attachments IS 'Files and media references of a message.';
COMMENT ON COLUMN attachments.customer_id IS 'The message''s customer.';
COMMENT ON COLUMN attachments.message_id IS 'The message.';
COMMENT ON COLUMN attachments.position IS 'Counts from 1, in the provider''s order.';
COMMENT ON COLUMN attachments.url IS 'Where the provider keeps it.';
COMMENT ON COLUMN attachments.content_type IS 'What the provider says it is; not to be trusted.';
COMMENT ON COLUMN attachments.filename IS 'What the sender called it; not to be trusted.';
COMMENT ON COLUMN attachments.size_bytes IS 'How long it is, in bytes.';

COMMENT ON TABLE message_receipts IS 'Every delivery receipt, kept.';
COMMENT ON COLUMN message_receipts.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN message_receipts.event_id IS 'The event it was read from.';
COMMENT ON COLUMN message_receipts.channel_id IS 'The channel it came in on.';
COMMENT ON COLUMN message_receipts.provider_message_id IS 'The provider''s id of the message it is about.';
COMMENT ON COLUMN message_receipts.message_id IS 'The message it is about; NULL where we did not send it.';
COMMENT ON COLUMN message_receipts.status IS 'queued, sent, delivered, read, failed, or unknown for a word we do not know.';
COMMENT ON COLUMN message_receipts.provider_status IS 'The provider''s own word.';
COMMENT ON COLUMN message_receipts.error_code IS 'The provider''s error code.';
COMMENT ON COLUMN message_receipts.occurred_at IS 'The provider''s claim; received_at where it makes none.';
