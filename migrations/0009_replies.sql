-- What we send: how a channel sends, the queue of what is to be sent, and every attempt.

ALTER TABLE channels
    ADD COLUMN account text CHECK (account <> ''),
    ADD COLUMN send_url text CHECK (send_url ~ '^https?://'),
    ADD COLUMN sends_per_second real NOT NULL DEFAULT 10 CHECK (sends_per_second > 0);

ALTER TABLE messages
    ADD COLUMN agent_id uuid,
    ADD COLUMN failure_code text,
    ADD COLUMN failure text,
    ADD FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id),
    DROP CONSTRAINT messages_status_check,
    ADD CONSTRAINT messages_status_check CHECK (
        status IN (
            'received', 'queued', 'unknown', 'sent', 'delivered', 'read', 'failed', 'canceled'
        )
    ),
    ADD CONSTRAINT messages_failure_check CHECK (failure IS NULL OR status IN ('failed', 'unknown'));

CREATE TABLE outbound_queue (
    customer_id bigint NOT NULL,
    message_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq integer NOT NULL,
    send_at timestamptz NOT NULL DEFAULT now(),
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    fence bigint NOT NULL DEFAULT 0,
    leased_by uuid,
    leased_until timestamptz,
    PRIMARY KEY (customer_id, message_id),
    FOREIGN KEY (customer_id, message_id) REFERENCES messages (customer_id, id),
    CHECK ((leased_by IS NULL) = (leased_until IS NULL))
);

CREATE INDEX outbound_queue_due ON outbound_queue (customer_id, channel_id, send_at)
    WHERE leased_by IS NULL;
CREATE INDEX outbound_queue_leases ON outbound_queue (leased_until) WHERE leased_by IS NOT NULL;
CREATE INDEX outbound_queue_in_order ON outbound_queue (customer_id, conversation_id, seq);

CREATE TABLE outbound_attempts (
    customer_id bigint NOT NULL,
    message_id uuid NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    fence bigint NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('sent', 'retry', 'failed', 'unknown')),
    http_status integer,
    error_code text,
    detail text,
    PRIMARY KEY (customer_id, message_id, attempt),
    FOREIGN KEY (customer_id, message_id) REFERENCES messages (customer_id, id),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);

CREATE TABLE channel_pace (
    customer_id bigint NOT NULL,
    channel_id uuid NOT NULL,
    free_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, channel_id),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id)
);

CREATE TABLE idempotency_keys (
    customer_id bigint NOT NULL,
    key_id uuid NOT NULL,
    idempotency_key text NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    status integer NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, key_id, idempotency_key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE INDEX email_message_ids_of_message ON email_message_ids (customer_id, message_id)
    WHERE message_id IS NOT NULL;
CREATE INDEX message_receipts_unmatched
    ON message_receipts (customer_id, channel_id, provider_message_id) WHERE message_id IS NULL;

COMMENT ON COLUMN channels.account IS 'The account at the provider that sends, such as a Twilio account SID.';
COMMENT ON COLUMN channels.send_url IS 'Where messages are posted, if not at the provider''s own address.';
COMMENT ON COLUMN channels.sends_per_second IS 'The most messages that are sent in a second.';

COMMENT ON COLUMN messages.status IS 'received for inbound; queued, unknown, sent, delivered, read, failed or canceled for outbound.';
COMMENT ON COLUMN messages.agent_id IS 'The agent who wrote it; NULL for inbound, and for a program.';
COMMENT ON COLUMN messages.failure_code IS 'The provider''s code, or our own word, for why it failed.';
COMMENT ON COLUMN messages.failure IS 'Why it failed or is unknown, in plain words.';

COMMENT ON TABLE outbound_queue IS 'Messages that are still to be sent. Sent, failed, unknown and canceled ones leave it.';
COMMENT ON COLUMN outbound_queue.customer_id IS 'The message''s customer.';
COMMENT ON COLUMN outbound_queue.message_id IS 'The message.';
COMMENT ON COLUMN outbound_queue.channel_id IS 'The channel that sends it.';
COMMENT ON COLUMN outbound_queue.conversation_id IS 'Its conversation: the messages of one are sent one after the other.';
COMMENT ON COLUMN outbound_queue.seq IS 'Its number there, which is the order.';
COMMENT ON COLUMN outbound_queue.send_at IS 'Not before this: the end of the undo window, or the next attempt.';
COMMENT ON COLUMN outbound_queue.attempt_count IS 'Attempts that began.';
COMMENT ON COLUMN outbound_queue.fence IS 'Grows with every lease; whoever comes back with an older one is too late.';
COMMENT ON COLUMN outbound_queue.leased_by IS 'The worker that is sending it.';
COMMENT ON COLUMN outbound_queue.leased_until IS 'When the lease ends, unless the worker''s heartbeat moves it.';

COMMENT ON TABLE outbound_attempts IS 'Every try at sending a message.';
COMMENT ON COLUMN outbound_attempts.customer_id IS 'The message''s customer.';
COMMENT ON COLUMN outbound_attempts.message_id IS 'The message.';
COMMENT ON COLUMN outbound_attempts.attempt IS 'Counts from 1.';
COMMENT ON COLUMN outbound_attempts.fence IS 'The lease under which it was made.';
COMMENT ON COLUMN outbound_attempts.started_at IS 'When, by the database clock; before anything was written to the provider.';
COMMENT ON COLUMN outbound_attempts.ended_at IS 'When its outcome was recorded; NULL while it runs.';
COMMENT ON COLUMN outbound_attempts.outcome IS 'sent, retry, failed or unknown.';
COMMENT ON COLUMN outbound_attempts.http_status IS 'What the provider answered.';
COMMENT ON COLUMN outbound_attempts.error_code IS 'The provider''s code, or our own word.';
COMMENT ON COLUMN outbound_attempts.detail IS 'What happened, without text or address.';

COMMENT ON TABLE channel_pace IS 'When each channel may send next.';
COMMENT ON COLUMN channel_pace.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN channel_pace.channel_id IS 'The channel.';
COMMENT ON COLUMN channel_pace.free_at IS 'Nothing is sent before this.';

COMMENT ON TABLE idempotency_keys IS 'Answers to requests that bore an Idempotency-Key, kept for seven days.';
COMMENT ON COLUMN idempotency_keys.customer_id IS 'The customer of the API key.';
COMMENT ON COLUMN idempotency_keys.key_id IS 'The API key that was used.';
COMMENT ON COLUMN idempotency_keys.idempotency_key IS 'What the caller chose.';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of method, path and body.';
COMMENT ON COLUMN idempotency_keys.status IS 'The HTTP status of the answer.';
COMMENT ON COLUMN idempotency_keys.body IS 'The answer.';
COMMENT ON COLUMN idempotency_keys.created_at IS 'When the row was made, by the database clock.';
