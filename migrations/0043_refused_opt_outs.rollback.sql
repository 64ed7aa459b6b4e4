DELETE FROM suppressions WHERE reason = 'opt_out' AND event_id IS NULL;
ALTER TABLE suppressions
    DROP CONSTRAINT suppressions_event_check,
    ADD CONSTRAINT suppressions_check CHECK ((reason = 'manual') = (event_id IS NULL));

COMMENT ON COLUMN suppressions.id IS 'Follows from the event and the address, so that a replay adds nothing.';
COMMENT ON COLUMN suppressions.event_id IS 'The event that tells of it, which may be gone by now; NULL where somebody decided so.';
COMMENT ON COLUMN suppressions.since IS 'When it happened, as the provider claims, never later than its event came in; of an opt-out when that came in.';
COMMENT ON COLUMN standing_suppressions.event_id IS 'The event that tells of it; NULL where somebody decided so.';
COMMENT ON COLUMN analytics.suppressions.id IS 'Follows from the event and the address, so that a replay adds nothing.';
COMMENT ON COLUMN analytics.suppressions.event_id IS 'The event that tells of it, which may be gone by now; NULL where somebody decided so.';
COMMENT ON COLUMN analytics.suppressions.since IS 'When it happened, as the provider claims, never later than its event came in; of an opt-out when that came in.';
