-- What happened, in order, for those who follow; and who is working.

CREATE TABLE outbox (
    customer_id bigint NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    type text NOT NULL CHECK (type <> ''),
    conversation_id uuid NOT NULL,
    message_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, xid, seq)
);

CREATE TABLE workers (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    claimed bigint NOT NULL,
    processed bigint NOT NULL,
    error bigint NOT NULL,
    dead_letter bigint NOT NULL,
    latency_bounds double precision[] NOT NULL,
    latency_counts bigint[] NOT NULL,
    latency_sum double precision NOT NULL,
    CHECK (cardinality(latency_counts) = cardinality(latency_bounds) + 1)
);

COMMENT ON TABLE outbox IS 'What happened, written with the thing itself. Read (xid, seq) below pg_snapshot_xmin.';
COMMENT ON COLUMN outbox.customer_id IS 'The customer it happened to.';
COMMENT ON COLUMN outbox.xid IS 'The transaction that wrote it.';
COMMENT ON COLUMN outbox.seq IS 'Orders the rows of one transaction; unique, so consumers can be idempotent by it.';
COMMENT ON COLUMN outbox.type IS 'message.received, conversation.merged, ...';
COMMENT ON COLUMN outbox.conversation_id IS 'The conversation it is about.';
COMMENT ON COLUMN outbox.message_id IS 'The message it is about.';
COMMENT ON COLUMN outbox.created_at IS 'When, by the database clock.';

COMMENT ON TABLE workers IS 'Every worker process and what it has done since it started.';
COMMENT ON COLUMN workers.id IS 'UUIDv7 made at the start of the process.';
COMMENT ON COLUMN workers.host IS 'Where it runs.';
COMMENT ON COLUMN workers.pid IS 'Its process id there.';
COMMENT ON COLUMN workers.started_at IS 'When it started, by its clock.';
COMMENT ON COLUMN workers.seen_at IS 'When it last reported, by the database clock.';
COMMENT ON COLUMN workers.claimed IS 'Events it claimed.';
COMMENT ON COLUMN workers.processed IS 'Events it settled.';
COMMENT ON COLUMN workers.error IS 'Attempts that failed and will be tried again.';
COMMENT ON COLUMN workers.dead_letter IS 'Events it gave up.';
COMMENT ON COLUMN workers.latency_bounds IS 'Upper bounds, in seconds, of the latency histogram from receipt to commit.';
COMMENT ON COLUMN workers.latency_counts IS 'Events per bound; the last one counts those above all bounds.';
COMMENT ON COLUMN workers.latency_sum IS 'Sum of all latencies, in seconds.';
