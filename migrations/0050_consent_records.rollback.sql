DROP VIEW analytics.consent_records;
DROP VIEW consent_records;
DROP TABLE help_requests;
DROP VIEW analytics.suppression_lifts;
DROP VIEW analytics.suppressions;
-- What YES opted in was not kept before, nor who was opted out by hand.
DELETE FROM suppression_lifts WHERE word = 'yes';
DELETE FROM suppressions WHERE reason = 'opt_out' AND source = 'manual';
ALTER TABLE suppression_lifts
    DROP CONSTRAINT suppression_lifts_word_check,
    DROP CONSTRAINT suppression_lifts_source_check,
    DROP COLUMN source,
    DROP COLUMN word;
ALTER TABLE suppressions
    DROP CONSTRAINT suppressions_word_check,
    DROP CONSTRAINT suppressions_agent_check,
    DROP CONSTRAINT suppressions_event_check,
    DROP CONSTRAINT suppressions_source_check,
    DROP COLUMN source,
    DROP COLUMN word,
    ADD CONSTRAINT suppressions_check1 CHECK (reason = 'manual' OR agent_id IS NULL),
    ADD CONSTRAINT suppressions_event_check CHECK (
        CASE reason
            WHEN 'manual' THEN event_id IS NULL
            WHEN 'opt_out' THEN true
            ELSE event_id IS NOT NULL
        END
    );

COMMENT ON COLUMN suppressions.agent_id IS 'Who decided so; NULL where a provider tells it, or a program decided.';
COMMENT ON COLUMN standing_suppressions.agent_id IS 'Who decided so; NULL where a provider tells it, or a program decided.';

CREATE VIEW analytics.suppressions WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    address_hash,
    channel_id,
    reason,
    event_id,
    since,
    agent_id,
    created_at
FROM public.suppressions
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.suppression_lifts WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    address_hash,
    channel_id,
    lifted_at,
    agent_id,
    event_id
FROM public.suppression_lifts
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

-- What a column means is what that of the same name means.
DO $$
DECLARE
    shown record;
BEGIN
    FOR shown IN
        SELECT
            v.relname AS view_name,
            a.attname AS column_name,
            col_description(b.oid, of_base.attnum) AS meaning,
            obj_description(b.oid, 'pg_class') AS meaning_of_view
        FROM pg_class AS v
        JOIN pg_class AS b
            ON b.relname = v.relname AND b.relnamespace = 'public'::regnamespace
        JOIN pg_attribute AS a ON a.attrelid = v.oid AND a.attnum > 0
        JOIN pg_attribute AS of_base
            ON of_base.attrelid = b.oid AND of_base.attname = a.attname
        WHERE v.relnamespace = 'analytics'::regnamespace
            AND v.relname IN ('suppressions', 'suppression_lifts')
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
