-- What people say of being texted is kept whole: by which word or sign it is known, and who asked for
-- help. The records are of an address and a channel; rows are only added.

ALTER TABLE suppressions ADD COLUMN source text, ADD COLUMN word text;
ALTER TABLE suppression_lifts ADD COLUMN source text, ADD COLUMN word text;

-- Of what was kept before, the word is not known; most of what events told were keywords.
UPDATE suppressions
SET source = CASE WHEN event_id IS NULL THEN 'refusal' ELSE 'keyword' END
WHERE reason = 'opt_out';
UPDATE suppression_lifts
SET source = CASE WHEN event_id IS NULL THEN 'manual' ELSE 'keyword' END
WHERE channel_id IS NOT NULL;

ALTER TABLE suppressions
    DROP CONSTRAINT suppressions_event_check,
    DROP CONSTRAINT suppressions_check1,
    ADD CONSTRAINT suppressions_source_check CHECK (
        source IN ('keyword', 'signal', 'refusal', 'manual')
        AND (reason = 'opt_out') = (source IS NOT NULL)
    ),
    ADD CONSTRAINT suppressions_event_check CHECK (
        CASE reason
            WHEN 'manual' THEN event_id IS NULL
            WHEN 'opt_out' THEN (source IN ('keyword', 'signal')) = (event_id IS NOT NULL)
            ELSE event_id IS NOT NULL
        END
    ),
    ADD CONSTRAINT suppressions_agent_check CHECK (
        reason = 'manual' OR source = 'manual' OR agent_id IS NULL
    ),
    ADD CONSTRAINT suppressions_word_check CHECK (
        word IS NULL OR (source IN ('keyword', 'signal') AND char_length(word) <= 20)
    );
ALTER TABLE suppression_lifts
    ADD CONSTRAINT suppression_lifts_source_check CHECK (
        source IN ('keyword', 'signal', 'manual')
        AND (channel_id IS NOT NULL) = (source IS NOT NULL)
        AND (source IN ('keyword', 'signal')) = (event_id IS NOT NULL)
    ),
    ADD CONSTRAINT suppression_lifts_word_check CHECK (
        word IS NULL OR (source IN ('keyword', 'signal') AND char_length(word) <= 20)
    );

CREATE TABLE help_requests (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    address_hash bigint NOT NULL,
    channel_id uuid NOT NULL,
    event_id uuid NOT NULL,
    source text NOT NULL CHECK (source IN ('keyword', 'signal')),
    word text NOT NULL CHECK (char_length(word) <= 20),
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, address_hash) REFERENCES addresses (customer_id, hash),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id)
);

CREATE INDEX help_requests_of_address ON help_requests (customer_id, address_hash);

-- A YES is in it only where it was the first to end an opt-out: else it was an answer to something.
CREATE VIEW consent_records AS
SELECT
    s.customer_id,
    s.id,
    s.channel_id,
    s.address_hash,
    'opt_out' AS consent,
    s.source,
    s.word,
    s.event_id,
    s.agent_id,
    s.since AS at
FROM suppressions AS s
WHERE s.reason = 'opt_out'
UNION ALL
SELECT
    l.customer_id,
    l.id,
    l.channel_id,
    l.address_hash,
    'opt_in',
    l.source,
    l.word,
    l.event_id,
    l.agent_id,
    l.lifted_at
FROM suppression_lifts AS l
WHERE l.channel_id IS NOT NULL
    AND (
        l.word IS DISTINCT FROM 'yes'
        OR EXISTS (
            SELECT FROM suppressions AS s
            WHERE s.customer_id = l.customer_id
                AND s.address_hash = l.address_hash
                AND s.channel_id = l.channel_id
                AND s.since < l.lifted_at
                AND NOT EXISTS (
                    SELECT FROM suppression_lifts AS e
                    WHERE e.customer_id = s.customer_id
                        AND e.address_hash = s.address_hash
                        AND e.channel_id = s.channel_id
                        AND (e.lifted_at > s.since OR (e.lifted_at = s.since AND e.event_id IS NULL))
                        AND (e.lifted_at, e.id) < (l.lifted_at, l.id)
                )
        )
    )
UNION ALL
SELECT
    h.customer_id,
    h.id,
    h.channel_id,
    h.address_hash,
    'help',
    h.source,
    h.word,
    h.event_id,
    NULL,
    h.asked_at
FROM help_requests AS h;

COMMENT ON COLUMN suppressions.source IS 'How it is known. keyword: their text was one. signal: the provider took their text for one. refusal: the provider refused a text to them. manual: somebody recorded it. NULL where it is no opt-out.';
COMMENT ON COLUMN suppressions.word IS 'The keyword, or the word by which the provider told it, in small letters; NULL where there was none, or before it was kept.';
COMMENT ON COLUMN suppression_lifts.source IS 'How it is known. keyword: their text was one. signal: the provider took their text for one. refusal: the provider refused a text to them. manual: somebody recorded it. NULL where it is no opt-in.';
COMMENT ON COLUMN suppression_lifts.word IS 'The keyword, or the word by which the provider told it, in small letters; NULL where there was none, or before it was kept.';
COMMENT ON COLUMN suppressions.agent_id IS 'Who decided or recorded it; NULL where a provider tells it, whoever has the address, or a program.';
COMMENT ON COLUMN standing_suppressions.agent_id IS 'Who decided or recorded it; NULL where a provider tells it, whoever has the address, or a program.';
COMMENT ON COLUMN analytics.suppressions.agent_id IS 'Who decided or recorded it; NULL where a provider tells it, whoever has the address, or a program.';

COMMENT ON TABLE help_requests IS 'Who asked for help by a keyword; nothing follows from it.';
COMMENT ON COLUMN help_requests.customer_id IS 'The customer whose texts these are.';
COMMENT ON COLUMN help_requests.id IS 'Follows from the event and the address, so that a replay adds nothing.';
COMMENT ON COLUMN help_requests.address_hash IS 'The address of whoever asked.';
COMMENT ON COLUMN help_requests.channel_id IS 'The channel that was asked.';
COMMENT ON COLUMN help_requests.event_id IS 'The event that says it, which may be gone by now.';
COMMENT ON COLUMN help_requests.source IS 'keyword: the text was one. signal: the provider took the text for one.';
COMMENT ON COLUMN help_requests.word IS 'The keyword, or the word by which the provider told it, in small letters.';
COMMENT ON COLUMN help_requests.asked_at IS 'When its event came in.';

COMMENT ON VIEW consent_records IS 'What people say of being texted by a channel, and what is known of it otherwise; only added to.';
COMMENT ON COLUMN consent_records.customer_id IS 'The customer whose texts these are.';
COMMENT ON COLUMN consent_records.id IS 'Of an opt-out that of the suppression, of an opt-in that of the lift, of a request that of the request.';
COMMENT ON COLUMN consent_records.channel_id IS 'The channel whose texts it is about.';
COMMENT ON COLUMN consent_records.address_hash IS 'The address of whoever says it.';
COMMENT ON COLUMN consent_records.consent IS 'opt_out: no more texts. opt_in: texts again. help: a request for help, which changes nothing.';
COMMENT ON COLUMN consent_records.source IS 'How it is known. keyword: their text was one. signal: the provider took their text for one. refusal: the provider refused a text to them. manual: somebody recorded it.';
COMMENT ON COLUMN consent_records.word IS 'The keyword, or the word by which the provider told it, in small letters; NULL where there was none, or before it was kept.';
COMMENT ON COLUMN consent_records.event_id IS 'The event that says it, which may be gone by now; NULL where no event does.';
COMMENT ON COLUMN consent_records.agent_id IS 'Who recorded it; NULL where nobody did, or a program.';
COMMENT ON COLUMN consent_records.at IS 'When, by our clock: when the event came in, when the text that was refused left, or when it was recorded.';

CREATE OR REPLACE VIEW analytics.suppressions WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    address_hash,
    channel_id,
    reason,
    event_id,
    since,
    agent_id,
    created_at,
    source,
    word
FROM public.suppressions
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE OR REPLACE VIEW analytics.suppression_lifts WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    address_hash,
    channel_id,
    lifted_at,
    agent_id,
    event_id,
    source,
    word
FROM public.suppression_lifts
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.consent_records WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    channel_id,
    address_hash,
    consent,
    source,
    word,
    event_id,
    agent_id,
    at
FROM public.consent_records
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
            AND v.relname IN ('suppressions', 'suppression_lifts', 'consent_records')
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
