-- Outgoing webhooks: where a customer's own systems are told what happens, what waits to be told, and
-- the log of attempts. Nothing here is derived from events, and no text is kept but the beginning of answers.

CREATE TABLE hooks (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    url text NOT NULL CHECK (url <> ''),
    types text[] NOT NULL CHECK (cardinality(types) > 0),
    channel_id uuid,
    secrets bytea NOT NULL,
    second_secret_until timestamptz,
    enabled_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    disabled_reason text CHECK (disabled_reason IN ('by_hand', 'failing', 'gone', 'restored')),
    failing_since timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id),
    FOREIGN KEY (customer_id, created_by) REFERENCES agents (customer_id, id),
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
);

CREATE TABLE hook_deliveries (
    customer_id bigint NOT NULL,
    id uuid NOT NULL,
    hook_id uuid NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    outbox_seq bigint,
    type text NOT NULL CHECK (type <> ''),
    conversation_id uuid,
    message_id uuid,
    object_id uuid,
    happened_at timestamptz NOT NULL,
    order_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    earlier_attempts integer NOT NULL DEFAULT 0 CHECK (earlier_attempts >= 0),
    queued_at timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz DEFAULT now(),
    settled_at timestamptz,
    error_class text,
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, hook_id, outbox_seq, type),
    FOREIGN KEY (customer_id, hook_id) REFERENCES hooks (customer_id, id),
    CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
    CHECK ((status = 'pending') = (settled_at IS NULL)),
    CHECK (status <> 'failed' OR error_class IS NOT NULL)
);

CREATE INDEX hook_deliveries_due ON hook_deliveries (customer_id, hook_id, next_attempt_at)
    WHERE status = 'pending';
CREATE INDEX hook_deliveries_in_order ON hook_deliveries (customer_id, hook_id, order_id, position)
    WHERE status = 'pending';
CREATE INDEX hook_deliveries_listed ON hook_deliveries (customer_id, hook_id, position);
CREATE INDEX hook_deliveries_settled ON hook_deliveries (settled_at) WHERE status <> 'pending';

CREATE TABLE hook_attempts (
    customer_id bigint NOT NULL,
    delivery_id uuid NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    began_at timestamptz NOT NULL,
    duration_ms integer NOT NULL CHECK (duration_ms >= 0),
    http_status integer,
    answer text NOT NULL,
    error_class text,
    PRIMARY KEY (customer_id, delivery_id, attempt),
    FOREIGN KEY (customer_id, delivery_id) REFERENCES hook_deliveries (customer_id, id)
);

COMMENT ON TABLE hooks IS 'Outgoing webhooks: where a customer''s own systems are told what happens.';
COMMENT ON COLUMN hooks.customer_id IS 'Whose it is.';
COMMENT ON COLUMN hooks.id IS 'UUIDv7.';
COMMENT ON COLUMN hooks.url IS 'Where events are posted to.';
COMMENT ON COLUMN hooks.types IS 'Which events are told, as their payloads name them: message.received.v1, ...';
COMMENT ON COLUMN hooks.channel_id IS 'Only events of conversations of this channel; NULL: all.';
COMMENT ON COLUMN hooks.secrets IS 'One secret, or two while it is changed, the newest first; sealed.';
COMMENT ON COLUMN hooks.second_secret_until IS 'Until when events are signed with the second secret as well.';
COMMENT ON COLUMN hooks.enabled_at IS 'Since when it is told: nothing that happened before is.';
COMMENT ON COLUMN hooks.disabled_at IS 'Since when it is told nothing; NULL while it is.';
COMMENT ON COLUMN hooks.disabled_reason IS 'by_hand; failing: nothing could be delivered for three days; gone: it answered 410; restored: the database was restored elsewhere.';
COMMENT ON COLUMN hooks.failing_since IS 'When the first attempt failed after which none did anything else; NULL where the last one worked.';
COMMENT ON COLUMN hooks.created_by IS 'The agent who made it; NULL for a program.';
COMMENT ON COLUMN hooks.created_at IS 'When it was made.';
COMMENT ON COLUMN hooks.version IS 'Grows with every change that somebody makes.';

COMMENT ON TABLE hook_deliveries IS 'One event for one outgoing webhook: leased, posted, tried again for three days. Says which event it is, not what it told.';
COMMENT ON COLUMN hook_deliveries.customer_id IS 'The hook''s customer.';
COMMENT ON COLUMN hook_deliveries.id IS 'The id that the receiver knows the event by; the same at every attempt.';
COMMENT ON COLUMN hook_deliveries.hook_id IS 'The hook.';
COMMENT ON COLUMN hook_deliveries.position IS 'Grows in the order in which things happened.';
COMMENT ON COLUMN hook_deliveries.outbox_seq IS 'The row of the outbox that it tells of; NULL for a ping.';
COMMENT ON COLUMN hook_deliveries.type IS 'message.received.v1, ...';
COMMENT ON COLUMN hook_deliveries.conversation_id IS 'The conversation it is about.';
COMMENT ON COLUMN hook_deliveries.message_id IS 'The message it is about.';
COMMENT ON COLUMN hook_deliveries.object_id IS 'What else it is about.';
COMMENT ON COLUMN hook_deliveries.happened_at IS 'When it happened, by the database clock.';
COMMENT ON COLUMN hook_deliveries.order_id IS 'What it is kept in order by: the conversation, else the contact, else itself.';
COMMENT ON COLUMN hook_deliveries.status IS 'pending: to be posted. delivered: the hook took it. failed: given up, until somebody has it sent again.';
COMMENT ON COLUMN hook_deliveries.attempt_count IS 'How often it was tried; the number of an attempt is its fence.';
COMMENT ON COLUMN hook_deliveries.earlier_attempts IS 'How many of these were made before it was queued again.';
COMMENT ON COLUMN hook_deliveries.queued_at IS 'Since when it is to be delivered; counts anew where somebody has it sent again.';
COMMENT ON COLUMN hook_deliveries.next_attempt_at IS 'When it is due, or until when it is leased; NULL once it is settled.';
COMMENT ON COLUMN hook_deliveries.settled_at IS 'When it was delivered or given up.';
COMMENT ON COLUMN hook_deliveries.error_class IS 'What the last failure is called; NULL where there was none since it was queued.';

COMMENT ON TABLE hook_attempts IS 'Every attempt at a hook delivery, and the beginning of its answer; forgotten after 30 days.';
COMMENT ON COLUMN hook_attempts.customer_id IS 'The hook''s customer.';
COMMENT ON COLUMN hook_attempts.delivery_id IS 'The hook delivery.';
COMMENT ON COLUMN hook_attempts.attempt IS 'Counts from 1.';
COMMENT ON COLUMN hook_attempts.began_at IS 'When it began, by the worker''s clock.';
COMMENT ON COLUMN hook_attempts.duration_ms IS 'How long it took.';
COMMENT ON COLUMN hook_attempts.http_status IS 'What was answered; NULL where nothing was.';
COMMENT ON COLUMN hook_attempts.answer IS 'The beginning of the answer''s body.';
COMMENT ON COLUMN hook_attempts.error_class IS 'What the failure is called; NULL where it was delivered.';
