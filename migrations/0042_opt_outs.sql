-- Whoever answers STOP is sent nothing more by that channel, until they answer START.

ALTER TABLE suppressions
    DROP CONSTRAINT suppressions_reason_check,
    ADD CONSTRAINT suppressions_reason_check CHECK (
        reason IN ('hard_bounce', 'complaint', 'manual', 'opt_out')
    ),
    -- So what ends an opt-out, which names its channel, never ends anything else.
    ADD CONSTRAINT suppressions_channel_check CHECK (
        (reason = 'opt_out') = (channel_id IS NOT NULL)
    );

ALTER TABLE suppression_lifts
    ADD COLUMN event_id uuid,
    ADD CONSTRAINT suppression_lifts_event_check CHECK (
        event_id IS NULL OR (channel_id IS NOT NULL AND agent_id IS NULL)
    );

-- What people lift was there before. Of what came in at once nobody knows the order: it stays.
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
        AND (l.lifted_at > s.since OR (l.lifted_at = s.since AND l.event_id IS NULL))
);

CREATE OR REPLACE VIEW analytics.suppression_lifts WITH (security_barrier) AS
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

COMMENT ON COLUMN suppressions.channel_id IS 'The only channel that sends nothing there, of an opt-out; NULL: none does.';
COMMENT ON COLUMN suppressions.reason IS 'hard_bounce: no mail reaches it. complaint: a mail was reported as unwanted. manual: somebody decided so. opt_out: whoever has it wants no texts of this channel.';
COMMENT ON COLUMN suppressions.since IS 'When it happened, as the provider claims, never later than its event came in; of an opt-out when that came in.';
COMMENT ON COLUMN suppression_lifts.id IS 'Made by the application; of an opt-in it follows from the event and the address.';
COMMENT ON COLUMN suppression_lifts.lifted_at IS 'When, by the database clock; of an opt-in when its event came in.';
COMMENT ON COLUMN suppression_lifts.agent_id IS 'Who lifted it; NULL where a program did, or whoever had opted out.';
COMMENT ON COLUMN suppression_lifts.event_id IS 'The event by which somebody opted in again, which may be gone by now; NULL where it was lifted here.';
COMMENT ON COLUMN standing_suppressions.reason IS 'hard_bounce, complaint, manual or opt_out.';
COMMENT ON COLUMN analytics.suppressions.channel_id IS 'The only channel that sends nothing there, of an opt-out; NULL: none does.';
COMMENT ON COLUMN analytics.suppressions.reason IS 'hard_bounce: no mail reaches it. complaint: a mail was reported as unwanted. manual: somebody decided so. opt_out: whoever has it wants no texts of this channel.';
COMMENT ON COLUMN analytics.suppressions.since IS 'When it happened, as the provider claims, never later than its event came in; of an opt-out when that came in.';
COMMENT ON COLUMN analytics.suppression_lifts.id IS 'Made by the application; of an opt-in it follows from the event and the address.';
COMMENT ON COLUMN analytics.suppression_lifts.lifted_at IS 'When, by the database clock; of an opt-in when its event came in.';
COMMENT ON COLUMN analytics.suppression_lifts.agent_id IS 'Who lifted it; NULL where a program did, or whoever had opted out.';
COMMENT ON COLUMN analytics.suppression_lifts.event_id IS 'The event by which somebody opted in again, which may be gone by now; NULL where it was lifted here.';
