-- Addresses to which nothing is sent, why, and who lifted that. Rows are only added, so neither the
-- order of events nor how often they come matters.

CREATE TABLE suppressions (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    address_hash bigint NOT NULL,
    channel_id uuid,
    reason text NOT NULL CHECK (reason IN ('hard_bounce', 'complaint', 'manual')),
    event_id uuid,
    since timestamptz NOT NULL,
    agent_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, address_hash) REFERENCES addresses (customer_id, hash),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id),
    FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id),
    CHECK ((reason = 'manual') = (event_id IS NULL)),
    CHECK (reason = 'manual' OR agent_id IS NULL)
);

CREATE INDEX suppressions_of_address ON suppressions (customer_id, address_hash);

CREATE TABLE suppression_lifts (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    address_hash bigint NOT NULL,
    channel_id uuid,
    lifted_at timestamptz NOT NULL,
    agent_id uuid,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, address_hash) REFERENCES addresses (customer_id, hash),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id),
    FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id)
);

CREATE INDEX suppression_lifts_of_address ON suppression_lifts (customer_id, address_hash);

CREATE VIEW standing_suppressions AS
SELECT
    s.customer_id,
    s.id,
    s.address_hash,
    s.channel_id,
    s.reason,
    s.event_id,
    s.since,
    s.agent_id
FROM suppressions AS s
WHERE NOT EXISTS (
    SELECT FROM suppression_lifts AS l
    WHERE l.customer_id = s.customer_id
        AND l.address_hash = s.address_hash
        AND l.channel_id IS NOT DISTINCT FROM s.channel_id
        AND l.lifted_at >= s.since
);

COMMENT ON TABLE suppressions IS 'Why nothing is sent to an address; kept, also when it was lifted.';
COMMENT ON COLUMN suppressions.customer_id IS 'The customer who sends nothing there.';
COMMENT ON COLUMN suppressions.id IS 'Follows from the event and the address, so that a replay adds nothing.';
COMMENT ON COLUMN suppressions.address_hash IS 'The address.';
COMMENT ON COLUMN suppressions.channel_id IS 'The only channel that sends nothing there; NULL: none does.';
COMMENT ON COLUMN suppressions.reason IS 'hard_bounce: no mail reaches it. complaint: a mail was reported as unwanted. manual: somebody decided so.';
COMMENT ON COLUMN suppressions.event_id IS 'The event that tells of it, which may be gone by now; NULL where somebody decided so.';
COMMENT ON COLUMN suppressions.since IS 'When it happened, as the provider claims, never later than its event came in.';
COMMENT ON COLUMN suppressions.agent_id IS 'Who decided so; NULL where a provider tells it, or a program decided.';
COMMENT ON COLUMN suppressions.created_at IS 'When the row was made, by the database clock.';

COMMENT ON TABLE suppression_lifts IS 'From when on what happened to an address before counts no more.';
COMMENT ON COLUMN suppression_lifts.customer_id IS 'The customer who sends there again.';
COMMENT ON COLUMN suppression_lifts.id IS 'Made by the application.';
COMMENT ON COLUMN suppression_lifts.address_hash IS 'The address.';
COMMENT ON COLUMN suppression_lifts.channel_id IS 'The channel whose suppressions were lifted; NULL: those of all channels.';
COMMENT ON COLUMN suppression_lifts.lifted_at IS 'When, by the database clock.';
COMMENT ON COLUMN suppression_lifts.agent_id IS 'Who lifted it; NULL where a program did.';

COMMENT ON VIEW standing_suppressions IS 'The suppressions that nobody has lifted since.';
COMMENT ON COLUMN standing_suppressions.customer_id IS 'The customer who sends nothing there.';
COMMENT ON COLUMN standing_suppressions.id IS 'Which suppression.';
COMMENT ON COLUMN standing_suppressions.address_hash IS 'The address.';
COMMENT ON COLUMN standing_suppressions.channel_id IS 'The only channel that sends nothing there; NULL: none does.';
COMMENT ON COLUMN standing_suppressions.reason IS 'hard_bounce, complaint or manual.';
COMMENT ON COLUMN standing_suppressions.event_id IS 'The event that tells of it; NULL where somebody decided so.';
COMMENT ON COLUMN standing_suppressions.since IS 'When it happened.';
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
    agent_id
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
