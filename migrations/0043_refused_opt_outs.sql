-- A provider may refuse a text since whoever it would go to has opted out: no event tells of that.

ALTER TABLE suppressions
    DROP CONSTRAINT suppressions_check,
    ADD CONSTRAINT suppressions_event_check CHECK (
        CASE reason
            WHEN 'manual' THEN event_id IS NULL
            WHEN 'opt_out' THEN true
            ELSE event_id IS NOT NULL
        END
    );

COMMENT ON COLUMN suppressions.id IS 'Follows from the event, or the refused message, and the address, so that a replay adds nothing.';
COMMENT ON COLUMN suppressions.event_id IS 'The event that tells of it, which may be gone by now; NULL where somebody decided so, or a provider refused a text.';
COMMENT ON COLUMN suppressions.since IS 'When it happened, as the provider claims, never later than its event came in; of an opt-out when that came in, or when the text that was refused left.';
COMMENT ON COLUMN standing_suppressions.event_id IS 'The event that tells of it; NULL where somebody decided so, or a provider refused a text.';
COMMENT ON COLUMN analytics.suppressions.id IS 'Follows from the event, or the refused message, and the address, so that a replay adds nothing.';
COMMENT ON COLUMN analytics.suppressions.event_id IS 'The event that tells of it, which may be gone by now; NULL where somebody decided so, or a provider refused a text.';
COMMENT ON COLUMN analytics.suppressions.since IS 'When it happened, as the provider claims, never later than its event came in; of an opt-out when that came in, or when the text that was refused left.';
