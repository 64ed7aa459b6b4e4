-- What analysts read: views in a schema of their own, with the rows of their customers, no secret and
-- no key, and people hidden from whoever need not know them. The names are those of the tables.
--
-- Who reads is the role that logged in, which nobody but a superuser can change afterwards.

CREATE TABLE analysts (
    customer_id bigint NOT NULL REFERENCES customers (id),
    role_name name NOT NULL,
    sees_people boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, role_name)
);

COMMENT ON TABLE analysts IS 'Which roles of the server may read which customers in the schema analytics.';
COMMENT ON COLUMN analysts.customer_id IS 'The customer whose rows are seen.';
COMMENT ON COLUMN analysts.role_name IS 'The role that logs in, a member of inlet_analyst.';
COMMENT ON COLUMN analysts.sees_people IS 'Whether addresses, names, subjects and texts are shown; else addresses are hidden-HASH and the others empty.';
COMMENT ON COLUMN analysts.created_at IS 'When the row was made, by the database clock.';

CREATE SCHEMA analytics;

-- The owner of the tables, and whoever may become it, sees all.
CREATE FUNCTION analytics.customers_seen() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN pg_has_role(session_user, current_user, 'MEMBER')
            THEN ARRAY(SELECT c.id FROM public.customers AS c)
        ELSE ARRAY(SELECT a.customer_id FROM public.analysts AS a WHERE a.role_name = session_user)
    END
$$;

CREATE FUNCTION analytics.customers_with_people() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN pg_has_role(session_user, current_user, 'MEMBER')
            THEN ARRAY(SELECT c.id FROM public.customers AS c)
        ELSE ARRAY(
            SELECT a.customer_id
            FROM public.analysts AS a
            WHERE a.role_name = session_user AND a.sees_people
        )
    END
$$;

CREATE VIEW analytics.customers WITH (security_barrier) AS
SELECT
    id,
    name,
    created_at
FROM public.customers
WHERE id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.channels WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    kind,
    provider,
    name,
    own_address,
    region,
    signature_mode,
    silence_minutes,
    disabled_at,
    created_at
FROM public.channels
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.agents WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    name,
    role,
    disabled_at,
    created_at
FROM public.agents
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.contacts WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    CASE WHEN customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN name END AS name,
    merged_into,
    created_at
FROM public.contacts
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.addresses WITH (security_barrier) AS
SELECT
    customer_id,
    hash,
    kind,
    CASE WHEN customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN value ELSE 'hidden-' || to_hex(hash) END AS value,
    is_validated,
    contact_id,
    created_at
FROM public.addresses
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.bodies WITH (security_barrier) AS
SELECT
    customer_id,
    hash,
    CASE WHEN customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN text END AS text
FROM public.bodies
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.conversations WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    channel_id,
    is_current,
    status,
    assignee_id,
    CASE WHEN customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN subject END AS subject,
    message_count,
    inbound_count,
    first_message_at,
    last_activity_at,
    created_at,
    closed_at,
    snoozed_until,
    waiting_since
FROM public.conversations
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.conversation_participants WITH (security_barrier) AS
SELECT
    customer_id,
    conversation_id,
    address_hash,
    role
FROM public.conversation_participants
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.conversation_merges WITH (security_barrier) AS
SELECT
    customer_id,
    from_id,
    into_id,
    reason,
    merged_at,
    agent_id
FROM public.conversation_merges
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.conversation_tags WITH (security_barrier) AS
SELECT
    customer_id,
    conversation_id,
    tag
FROM public.conversation_tags
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.messages WITH (security_barrier) AS
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
        THEN failure END AS failure
FROM public.messages
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.message_recipients WITH (security_barrier) AS
SELECT
    customer_id,
    message_id,
    address_hash,
    role
FROM public.message_recipients
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.message_receipts WITH (security_barrier) AS
SELECT
    customer_id,
    event_id,
    channel_id,
    provider_message_id,
    message_id,
    status,
    provider_status,
    error_code,
    occurred_at
FROM public.message_receipts
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.attachments WITH (security_barrier) AS
SELECT
    customer_id,
    message_id,
    position,
    content_type,
    CASE WHEN customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN filename END AS filename,
    size_bytes
FROM public.attachments
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.inbound_events WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    channel_id,
    provider,
    kind,
    provider_message_id,
    signature,
    content_type,
    received_at,
    created_at
FROM public.inbound_events
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.dead_letters WITH (security_barrier) AS
SELECT
    customer_id,
    event_id,
    error_class,
    attempts,
    failed_at,
    resolution,
    resolved_at
FROM public.dead_letters
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.quarantined_deliveries WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    channel_id,
    reason,
    method,
    body_bytes,
    received_at,
    released_at
FROM public.quarantined_deliveries
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.inbound_event_status WITH (security_barrier) AS
SELECT
    customer_id,
    event_id,
    channel_id,
    provider,
    kind,
    provider_message_id,
    status,
    failed_attempts,
    error_class,
    next_attempt_at,
    signature,
    received_at
FROM public.inbound_event_status
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.conversation_overview WITH (security_barrier) AS
SELECT
    o.conversation_id,
    o.customer_id,
    o.channel_id,
    o.channel_kind,
    o.channel_name,
    o.status,
    CASE WHEN o.customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN o.subject END AS subject,
    o.first_message_at,
    o.last_message_at,
    o.last_message_direction,
    o.message_count,
    o.inbound_count,
    o.outbound_count,
    o.participant_count,
    CASE WHEN o.customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN o.participants ELSE ARRAY(
            SELECT DISTINCT 'hidden-' || to_hex(p.address_hash) AS hidden
            FROM public.conversation_participants AS p
            WHERE p.customer_id = o.customer_id
                AND p.conversation_id = o.conversation_id
                AND p.role = 'other'
            ORDER BY hidden
        ) END AS participants,
    o.created_at,
    o.closed_at
FROM public.conversation_overview AS o
WHERE o.customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.conversation_messages WITH (security_barrier) AS
SELECT
    s.conversation_id,
    s.customer_id,
    s.message_id,
    s.seq,
    s.direction,
    s.kind,
    s.status,
    s.from_kind,
    CASE WHEN s.customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN s.from_address ELSE 'hidden-' || to_hex(m.from_hash) END AS from_address,
    s.from_contact_id,
    CASE WHEN s.customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN s.from_name END AS from_name,
    CASE WHEN s.customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN s.subject END AS subject,
    CASE WHEN s.customer_id = ANY ((SELECT analytics.customers_with_people())::bigint[])
        THEN s.body END AS body,
    length(s.body) AS body_length,
    s.body_format,
    s.attachment_count,
    s.channel_id,
    s.provider_message_id,
    s.sent_at,
    s.received_at
FROM public.conversation_messages AS s
JOIN public.messages AS m ON m.customer_id = s.customer_id AND m.id = s.message_id
WHERE s.customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

COMMENT ON SCHEMA analytics IS 'What analysts may read, with the rows of their customers only.';
COMMENT ON FUNCTION analytics.customers_seen() IS 'The customers whose rows the role that logged in may read.';
COMMENT ON FUNCTION analytics.customers_with_people() IS 'Those of them whose addresses, names and texts it may read.';

-- What a column means is what that of the same name means.
DO $$
DECLARE
    shown record;
BEGIN
    FOR shown IN
        SELECT
            v.relname AS view_name,
            a.attname AS column_name,
            coalesce(
                col_description(b.oid, of_base.attnum),
                'How many characters the text has.'
            ) AS meaning,
            obj_description(b.oid, 'pg_class') AS meaning_of_view
        FROM pg_class AS v
        JOIN pg_class AS b
            ON b.relname = v.relname AND b.relnamespace = 'public'::regnamespace
        JOIN pg_attribute AS a ON a.attrelid = v.oid AND a.attnum > 0
        LEFT JOIN pg_attribute AS of_base
            ON of_base.attrelid = b.oid AND of_base.attname = a.attname
        WHERE v.relnamespace = 'analytics'::regnamespace AND v.relkind = 'v'
    LOOP
        EXECUTE format(
            'COMMENT ON COLUMN analytics.%I.%I IS %L',
            shown.view_name, shown.column_name, shown.meaning
        );
        EXECUTE format(
            'COMMENT ON VIEW analytics.%I IS %L', shown.view_name, shown.meaning_of_view
        );
    END LOOP;
END
$$;
