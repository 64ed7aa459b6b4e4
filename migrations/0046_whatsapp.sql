-- What is written by WhatsApp is of a kind of its own, may be no text at all, and may quote a message.

ALTER TABLE messages
    DROP CONSTRAINT messages_kind_check,
    ADD CONSTRAINT messages_kind_check CHECK (kind IN ('sms', 'mms', 'whatsapp', 'email')) NOT VALID,
    ADD COLUMN shape text,
    ADD COLUMN quoted_id text,
    ADD CONSTRAINT messages_shape_check CHECK (
        shape IN ('location', 'choice', 'reaction', 'contact', 'order', 'sticker', 'unsupported')
    ) NOT VALID;

ALTER TABLE messages VALIDATE CONSTRAINT messages_kind_check;
ALTER TABLE messages VALIDATE CONSTRAINT messages_shape_check;

-- Who wrote by WhatsApp before has such an address.
UPDATE messages AS m
SET kind = 'whatsapp'
FROM (
    SELECT DISTINCT p.customer_id, p.conversation_id
    FROM addresses AS a
    JOIN conversation_participants AS p
        ON p.customer_id = a.customer_id AND p.address_hash = a.hash
    WHERE a.kind = 'handle' AND a.value ILIKE 'whatsapp:%' AND p.role = 'other'
) AS c
WHERE m.customer_id = c.customer_id AND m.conversation_id = c.conversation_id
    AND m.kind IN ('sms', 'mms')
    AND EXISTS (
        SELECT FROM addresses AS a
        WHERE a.customer_id = m.customer_id AND a.value ILIKE 'whatsapp:%'
            AND (a.hash = m.from_hash OR a.hash IN (
                SELECT r.address_hash FROM message_recipients AS r
                WHERE r.customer_id = m.customer_id AND r.message_id = m.id
            ))
    );

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
    quoted_id
FROM public.messages
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

COMMENT ON COLUMN messages.kind IS 'sms, mms, whatsapp or email.';
COMMENT ON COLUMN messages.shape IS 'What it is where that is no plain text or file: location, choice, reaction, contact, order, sticker or unsupported; NULL otherwise. The body says it in words.';
COMMENT ON COLUMN messages.quoted_id IS 'The provider''s id of the message that it quotes, answers or reacts to; NULL where it says none.';
COMMENT ON COLUMN conversation_messages.kind IS 'sms, mms, whatsapp or email.';
COMMENT ON COLUMN analytics.messages.kind IS 'sms, mms, whatsapp or email.';
COMMENT ON COLUMN analytics.messages.shape IS 'What it is where that is no plain text or file: location, choice, reaction, contact, order, sticker or unsupported; NULL otherwise. The body says it in words.';
COMMENT ON COLUMN analytics.messages.quoted_id IS 'The provider''s id of the message that it quotes, answers or reacts to; NULL where it says none.';
COMMENT ON COLUMN analytics.conversation_messages.kind IS 'sms, mms, whatsapp or email.';
