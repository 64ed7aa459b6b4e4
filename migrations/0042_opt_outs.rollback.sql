DELETE FROM suppression_lifts WHERE channel_id IS NOT NULL;
DELETE FROM suppressions WHERE reason = 'opt_out';
DROP VIEW analytics.suppression_lifts;
CREATE OR REPLACE VIEW standing_suppressions AS
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
ALTER TABLE suppression_lifts
    DROP CONSTRAINT suppression_lifts_event_check,
    DROP COLUMN event_id;
ALTER TABLE suppressions
    DROP CONSTRAINT suppressions_channel_check,
    DROP CONSTRAINT suppressions_reason_check,
    ADD CONSTRAINT suppressions_reason_check CHECK (
        reason IN ('hard_bounce', 'complaint', 'manual')
    );

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

COMMENT ON COLUMN suppressions.channel_id IS 'The only channel that sends nothing there; NULL: none does.';
COMMENT ON COLUMN suppressions.reason IS 'hard_bounce: no mail reaches it. complaint: a mail was reported as unwanted. manual: somebody decided so.';
COMMENT ON COLUMN suppressions.since IS 'When it happened, as the provider claims, never later than its event came in.';
COMMENT ON COLUMN suppression_lifts.id IS 'Made by the application.';
COMMENT ON COLUMN suppression_lifts.lifted_at IS 'When, by the database clock.';
COMMENT ON COLUMN suppression_lifts.agent_id IS 'Who lifted it; NULL where a program did.';
COMMENT ON COLUMN standing_suppressions.reason IS 'hard_bounce, complaint or manual.';
COMMENT ON COLUMN analytics.suppressions.channel_id IS 'The only channel that sends nothing there; NULL: none does.';
COMMENT ON COLUMN analytics.suppressions.reason IS 'hard_bounce: no mail reaches it. complaint: a mail was reported as unwanted. manual: somebody decided so.';
COMMENT ON COLUMN analytics.suppressions.since IS 'When it happened, as the provider claims, never later than its event came in.';
COMMENT ON VIEW analytics.suppression_lifts IS 'From when on what happened to an address before counts no more.';
COMMENT ON COLUMN analytics.suppression_lifts.customer_id IS 'The customer who sends there again.';
COMMENT ON COLUMN analytics.suppression_lifts.id IS 'Made by the application.';
COMMENT ON COLUMN analytics.suppression_lifts.address_hash IS 'The address.';
COMMENT ON COLUMN analytics.suppression_lifts.channel_id IS 'The channel whose suppressions were lifted; NULL: those of all channels.';
COMMENT ON COLUMN analytics.suppression_lifts.lifted_at IS 'When, by the database clock.';
COMMENT ON COLUMN analytics.suppression_lifts.agent_id IS 'Who lifted it; NULL where a program did.';
