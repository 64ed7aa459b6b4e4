-- What providers told us, once each, and what is still to be done with it.
-- The event is never updated; the queue beside it is the only hot table and carries no payload.

CREATE TABLE inbound_events (
    customer_id bigint NOT NULL,
    id uuid NOT NULL,
    channel_id uuid NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('message', 'receipt', 'unreadable')),
    provider_message_id text,
    dedup_key text NOT NULL,
    signature text NOT NULL CHECK (signature IN ('verified', 'failed', 'unchecked')),
    headers jsonb NOT NULL,
    content_type text NOT NULL,
    body bytea NOT NULL,
    received_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, channel_id, dedup_key),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id)
);

CREATE TABLE inbound_queue (
    customer_id bigint NOT NULL,
    event_id uuid NOT NULL,
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error text,
    PRIMARY KEY (customer_id, event_id)
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = off
);

CREATE INDEX inbound_queue_due ON inbound_queue (next_attempt_at);

CREATE TABLE inbound_failures (
    customer_id bigint NOT NULL,
    event_id uuid NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    error_class text NOT NULL,
    detail text NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, event_id, attempt),
    FOREIGN KEY (customer_id, event_id) REFERENCES inbound_events (customer_id, id)
);

CREATE TABLE dead_letters (
    customer_id bigint NOT NULL,
    event_id uuid NOT NULL,
    error_class text NOT NULL,
    detail text NOT NULL,
    attempts integer NOT NULL CHECK (attempts >= 1),
    failed_at timestamptz NOT NULL DEFAULT now(),
    resolution text CHECK (resolution IN ('retried')),
    resolved_at timestamptz,
    PRIMARY KEY (customer_id, event_id),
    FOREIGN KEY (customer_id, event_id) REFERENCES inbound_events (customer_id, id),
    CHECK ((resolution IS NULL) = (resolved_at IS NULL))
);

CREATE TABLE quarantined_deliveries (
    customer_id bigint NOT NULL,
    id uuid NOT NULL,
    channel_id uuid NOT NULL,
    reason text NOT NULL,
    method text NOT NULL,
    url text NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL CHECK (length(body) <= 65536),
    body_bytes bigint NOT NULL CHECK (body_bytes >= length(body)),
    received_at timestamptz NOT NULL,
    released_at timestamptz,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id)
);

CREATE INDEX quarantined_deliveries_of_channel ON quarantined_deliveries (customer_id, channel_id, id);

CREATE FUNCTION record_inbound_event(
    customer_id bigint,
    channel_id uuid,
    event_id uuid,
    kind text,
    provider_message_id text,
    content_type text,
    body bytea
) RETURNS uuid LANGUAGE sql AS $$
    WITH recorded AS (
        INSERT INTO inbound_events (
            customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key,
            signature, headers, content_type, body, received_at
        )
        SELECT $1, $3, $2, c.provider, $4, $5, $4 || ':' || $5, 'unchecked', '{}', $6, $7, now()
        FROM channels AS c
        WHERE c.customer_id = $1 AND c.id = $2
        ON CONFLICT DO NOTHING
        RETURNING id
    ),
    queued AS (
        INSERT INTO inbound_queue (customer_id, event_id)
        SELECT $1, r.id FROM recorded AS r
    )
    SELECT r.id FROM recorded AS r
$$;

COMMENT ON TABLE inbound_events IS 'Every provider message and receipt, once, as it came. Append-only: never updated.';
COMMENT ON COLUMN inbound_events.customer_id IS 'The customer whose channel received it.';
COMMENT ON COLUMN inbound_events.id IS 'UUIDv7 made at receipt; the inbound message gets the same id.';
COMMENT ON COLUMN inbound_events.channel_id IS 'The channel whose webhook URL was called.';
COMMENT ON COLUMN inbound_events.provider IS 'Who sent it.';
COMMENT ON COLUMN inbound_events.kind IS 'message, receipt, or unreadable when nobody understood the bytes.';
COMMENT ON COLUMN inbound_events.provider_message_id IS 'The provider''s own id of the message.';
COMMENT ON COLUMN inbound_events.dedup_key IS 'Kind and provider message id (and status, for receipts): one row per key and channel.';
COMMENT ON COLUMN inbound_events.signature IS 'verified; failed (accepted in report mode); unchecked (mode off).';
COMMENT ON COLUMN inbound_events.headers IS 'The request''s headers, without credentials.';
COMMENT ON COLUMN inbound_events.content_type IS 'The request''s Content-Type.';
COMMENT ON COLUMN inbound_events.body IS 'The event''s bytes, exactly as they came.';
COMMENT ON COLUMN inbound_events.received_at IS 'When the request arrived, by our clock.';
COMMENT ON COLUMN inbound_events.created_at IS 'When the row was made, by the database clock.';

COMMENT ON TABLE inbound_queue IS 'Events waiting for a worker. A claim is a row lock; done means deleted.';
COMMENT ON COLUMN inbound_queue.customer_id IS 'The event''s customer.';
COMMENT ON COLUMN inbound_queue.event_id IS 'The event to process.';
COMMENT ON COLUMN inbound_queue.attempt_count IS 'Attempts that failed so far.';
COMMENT ON COLUMN inbound_queue.next_attempt_at IS 'Not to be tried before this time.';
COMMENT ON COLUMN inbound_queue.last_error IS 'Error class of the last failed attempt.';

COMMENT ON TABLE inbound_failures IS 'Every failed attempt at an event, kept.';
COMMENT ON COLUMN inbound_failures.customer_id IS 'The event''s customer.';
COMMENT ON COLUMN inbound_failures.event_id IS 'The event that failed.';
COMMENT ON COLUMN inbound_failures.attempt IS 'Which attempt, from 1.';
COMMENT ON COLUMN inbound_failures.error_class IS 'Stable word for the kind of failure.';
COMMENT ON COLUMN inbound_failures.detail IS 'What was expected; holds no address, text or secret.';
COMMENT ON COLUMN inbound_failures.failed_at IS 'When, by the database clock.';

COMMENT ON TABLE dead_letters IS 'Events that we stopped trying: kept, readable, replayable.';
COMMENT ON COLUMN dead_letters.customer_id IS 'The event''s customer.';
COMMENT ON COLUMN dead_letters.event_id IS 'The event given up.';
COMMENT ON COLUMN dead_letters.error_class IS 'Stable word for the kind of failure.';
COMMENT ON COLUMN dead_letters.detail IS 'What was expected; holds no address, text or secret.';
COMMENT ON COLUMN dead_letters.attempts IS 'How often it was tried.';
COMMENT ON COLUMN dead_letters.failed_at IS 'When it was given up, by the database clock.';
COMMENT ON COLUMN dead_letters.resolution IS 'NULL while it waits for somebody; retried once it was queued again.';
COMMENT ON COLUMN dead_letters.resolved_at IS 'When it was resolved.';

COMMENT ON TABLE quarantined_deliveries IS 'Whole requests whose signature failed, capped in size and number.';
COMMENT ON COLUMN quarantined_deliveries.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN quarantined_deliveries.id IS 'UUIDv7 made at receipt.';
COMMENT ON COLUMN quarantined_deliveries.channel_id IS 'The channel whose webhook URL was called.';
COMMENT ON COLUMN quarantined_deliveries.reason IS 'missing_signature, bad_signature, stale_signature, ...';
COMMENT ON COLUMN quarantined_deliveries.method IS 'The request''s method.';
COMMENT ON COLUMN quarantined_deliveries.url IS 'The public URL it was sent to.';
COMMENT ON COLUMN quarantined_deliveries.headers IS 'The request''s headers, without credentials.';
COMMENT ON COLUMN quarantined_deliveries.body IS 'The first 64 KiB of the body.';
COMMENT ON COLUMN quarantined_deliveries.body_bytes IS 'How long the whole body was.';
COMMENT ON COLUMN quarantined_deliveries.received_at IS 'When the request arrived, by our clock.';
COMMENT ON COLUMN quarantined_deliveries.released_at IS 'When somebody let it through after all.';

COMMENT ON FUNCTION record_inbound_event IS
    'Records one event by hand and queues it; returns its id, or NULL when the channel has it already.';
