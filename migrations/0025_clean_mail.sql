-- HTML mail as it is shown, cleaned once; and what a consumer of the outbox could not do.

CREATE TABLE clean_bodies (
    customer_id bigint NOT NULL,
    hash bigint NOT NULL,
    cleaning smallint NOT NULL,
    html text NOT NULL,
    html_with_images text,
    PRIMARY KEY (customer_id, hash),
    FOREIGN KEY (customer_id, hash) REFERENCES bodies (customer_id, hash)
);

COMMENT ON TABLE clean_bodies IS 'HTML texts as they are shown: without what acts. Derived from bodies.';
COMMENT ON COLUMN clean_bodies.customer_id IS 'The customer whose text it is.';
COMMENT ON COLUMN clean_bodies.hash IS 'Which text it is: bodies.hash.';
COMMENT ON COLUMN clean_bodies.cleaning IS 'By which version of the rules it was cleaned.';
COMMENT ON COLUMN clean_bodies.html IS 'What fetches nothing.';
COMMENT ON COLUMN clean_bodies.html_with_images IS 'The same with its remote images; NULL where it has none.';

CREATE TABLE changes_set_aside (
    consumer text NOT NULL,
    seq bigint NOT NULL,
    customer_id bigint NOT NULL REFERENCES customers (id),
    type text NOT NULL,
    conversation_id uuid,
    message_id uuid,
    object_id text,
    error_class text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, seq)
);

COMMENT ON TABLE changes_set_aside IS 'Changes that a consumer of the outbox could not do and passed over.';
COMMENT ON COLUMN changes_set_aside.consumer IS 'Which consumer: outbox_cursors.consumer.';
COMMENT ON COLUMN changes_set_aside.seq IS 'Which change: outbox.seq.';
COMMENT ON COLUMN changes_set_aside.customer_id IS 'The customer whose change it is.';
COMMENT ON COLUMN changes_set_aside.type IS 'What happened.';
COMMENT ON COLUMN changes_set_aside.conversation_id IS 'The conversation that it happened to.';
COMMENT ON COLUMN changes_set_aside.message_id IS 'The message that it is about.';
COMMENT ON COLUMN changes_set_aside.object_id IS 'What else it is about.';
COMMENT ON COLUMN changes_set_aside.error_class IS 'Why it could not be done.';
COMMENT ON COLUMN changes_set_aside.created_at IS 'When it was passed over, by the database clock.';
