-- A text that is no keyword may ask for no more texts all the same: a person reads it and says so.

ALTER TABLE messages ADD COLUMN may_opt_out boolean NOT NULL DEFAULT false;

CREATE TABLE opt_out_dismissals (
    customer_id bigint NOT NULL REFERENCES customers (id),
    message_id uuid NOT NULL,
    agent_id uuid,
    dismissed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, message_id),
    FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id)
);

-- Nobody decides any more once they opted out or in later, or are opted out.
CREATE VIEW undecided_opt_outs AS
SELECT
    m.customer_id,
    m.id AS message_id,
    m.conversation_id
FROM messages AS m
WHERE m.may_opt_out
    AND NOT EXISTS (
        SELECT FROM opt_out_dismissals AS d
        WHERE d.customer_id = m.customer_id AND d.message_id = m.id
    )
    AND NOT EXISTS (
        SELECT FROM consent_records AS r
        WHERE r.customer_id = m.customer_id
            AND r.address_hash = m.from_hash
            AND r.channel_id = m.channel_id
            AND r.consent <> 'help'
            AND r.at >= m.received_at
    )
    AND NOT EXISTS (
        SELECT FROM standing_suppressions AS s
        WHERE s.customer_id = m.customer_id
            AND s.address_hash = m.from_hash
            AND s.channel_id = m.channel_id
    );

COMMENT ON COLUMN messages.may_opt_out IS 'Whether a person has to read whether it is an opt-out: no keyword, but it may ask for no more texts.';

COMMENT ON TABLE opt_out_dismissals IS 'Which messages somebody has read and found to be no opt-outs.';
COMMENT ON COLUMN opt_out_dismissals.customer_id IS 'The customer whose message it is.';
COMMENT ON COLUMN opt_out_dismissals.message_id IS 'The message, which may be gone by now.';
COMMENT ON COLUMN opt_out_dismissals.agent_id IS 'Who decided so; NULL where a program did.';
COMMENT ON COLUMN opt_out_dismissals.dismissed_at IS 'When, by the database clock.';

COMMENT ON VIEW undecided_opt_outs IS 'The messages of which nobody has decided yet whether they are opt-outs.';
COMMENT ON COLUMN undecided_opt_outs.customer_id IS 'The customer whose message it is.';
COMMENT ON COLUMN undecided_opt_outs.message_id IS 'The message.';
COMMENT ON COLUMN undecided_opt_outs.conversation_id IS 'Its conversation.';

CREATE OR REPLACE VIEW analytics.messages WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    conversation_id,
    seq,
    direction,
    channel_id,
    kind,
    status,
    from_hash,
    CASE WHEN customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN from_name END AS from_name,
    body_hash,
    body_format,
    CASE WHEN customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN subject END AS subject,
    provider_message_id,
    event_id,
    sent_at,
    received_at,
    created_at,
    agent_id,
    failure_code,
    CASE WHEN customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN failure END AS failure,
    shape,
    quoted_id,
    may_opt_out
FROM public.messages
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);


COMMENT ON COLUMN analytics.messages.may_opt_out IS 'Whether a person has to read whether it is an opt-out: no keyword, but it may ask for no more texts.';
