DROP VIEW analytics.messages;
DROP VIEW undecided_opt_outs;
DROP TABLE opt_out_dismissals;
ALTER TABLE messages DROP COLUMN may_opt_out;

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
        THEN failure END AS failure,
    shape,
    quoted_id
FROM public.messages
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

-- What a column means is what that of the same name means.
DO $$
DECLARE
    shown record;
BEGIN
    FOR shown IN
        SELECT a.attname AS column_name, col_description(b.oid, of_base.attnum) AS meaning
        FROM pg_class AS v
        JOIN pg_class AS b ON b.relname = v.relname AND b.relnamespace = 'public'::regnamespace
        JOIN pg_attribute AS a ON a.attrelid = v.oid AND a.attnum > 0
        JOIN pg_attribute AS of_base ON of_base.attrelid = b.oid AND of_base.attname = a.attname
        WHERE v.relnamespace = 'analytics'::regnamespace AND v.relname = 'messages'
    LOOP
        EXECUTE format(
            'COMMENT ON COLUMN analytics.messages.%I IS %L', shown.column_name, shown.meaning
        );
    END LOOP;
    EXECUTE 'COMMENT ON VIEW analytics.messages IS ' || quote_literal(
        obj_description('public.messages'::regclass, 'pg_class')
    );
END
$$;
