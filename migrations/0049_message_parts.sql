-- Texts that come in parts, each part an event, are one message: which parts wait, and which are in it.

CREATE TABLE message_parts (
    customer_id bigint NOT NULL,
    event_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    group_hash uuid NOT NULL,
    part_number smallint NOT NULL,
    part_total smallint NOT NULL,
    received_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    -- No foreign key: when messages are lost, this is how a rebuild brings them back.
    message_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, event_id),
    -- A message has no part twice.
    UNIQUE (customer_id, message_id, part_number),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id),
    CHECK (part_number BETWEEN 1 AND part_total AND part_total BETWEEN 2 AND 255)
);

CREATE INDEX message_parts_waiting ON message_parts (customer_id, group_hash)
    WHERE message_id IS NULL;

COMMENT ON TABLE message_parts IS 'Parts of texts that came in parts, each of them an event, and the messages that were made of them.';
COMMENT ON COLUMN message_parts.customer_id IS 'The customer whose channel received it.';
COMMENT ON COLUMN message_parts.event_id IS 'The event that brought it, which may be gone by now.';
COMMENT ON COLUMN message_parts.channel_id IS 'The channel that it came to.';
COMMENT ON COLUMN message_parts.group_hash IS 'Hash of what the parts of one text share: channel, sender, own address, reference and their number. References are used again.';
COMMENT ON COLUMN message_parts.part_number IS 'Which part it is, counted from 1.';
COMMENT ON COLUMN message_parts.part_total IS 'How many parts the text has.';
COMMENT ON COLUMN message_parts.received_at IS 'When its request arrived, by our clock.';
COMMENT ON COLUMN message_parts.due_at IS 'Until when it waits for the others; then what is there becomes a message.';
COMMENT ON COLUMN message_parts.message_id IS 'The message that it is in; NULL while it waits. Decided once, and kept by a rebuild.';
COMMENT ON COLUMN message_parts.created_at IS 'When the row was made, by the database clock.';
COMMENT ON COLUMN inbound_queue.lane IS '0: live. 1: repeated on purpose, or a part that waits for the others of its text, when nothing live waits. 2: alone, because it stopped or stalled whoever read it. 3: waits for what its provider keeps; next_attempt_at is the end of the lease while that is fetched.';

CREATE VIEW analytics.message_parts WITH (security_barrier) AS
SELECT
    customer_id,
    event_id,
    channel_id,
    group_hash,
    part_number,
    part_total,
    received_at,
    due_at,
    message_id,
    created_at
FROM public.message_parts
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

-- What a column means is what that of the same name means.
DO $$
DECLARE
    shown record;
BEGIN
    FOR shown IN
        SELECT
            a.attname AS column_name,
            col_description(b.oid, of_base.attnum) AS meaning,
            obj_description(b.oid, 'pg_class') AS meaning_of_view
        FROM pg_class AS v
        JOIN pg_class AS b
            ON b.relname = v.relname AND b.relnamespace = 'public'::regnamespace
        JOIN pg_attribute AS a ON a.attrelid = v.oid AND a.attnum > 0
        JOIN pg_attribute AS of_base
            ON of_base.attrelid = b.oid AND of_base.attname = a.attname
        WHERE v.relnamespace = 'analytics'::regnamespace AND v.relname = 'message_parts'
    LOOP
        EXECUTE format(
            'COMMENT ON COLUMN analytics.message_parts.%I IS %L', shown.column_name, shown.meaning
        );
        EXECUTE format(
            'COMMENT ON VIEW analytics.message_parts IS %L', shown.meaning_of_view
        );
    END LOOP;
END
$$;
