DELETE FROM derived_walks WHERE part NOT IN ('conversations', 'inbound_events');
DELETE FROM derived_differences WHERE part NOT IN ('conversations', 'inbound_events');

ALTER TABLE derived_walks
    DROP CONSTRAINT derived_walks_part_check,
    ALTER COLUMN after_id TYPE uuid USING after_id::uuid,
    ADD CONSTRAINT derived_walks_part_check CHECK (part IN ('conversations', 'inbound_events'));

ALTER TABLE derived_differences
    DROP CONSTRAINT derived_differences_part_check,
    ALTER COLUMN id TYPE uuid USING id::uuid,
    ADD CONSTRAINT derived_differences_part_check CHECK (part IN ('conversations', 'inbound_events'));

COMMENT ON TABLE derived_differences IS 'Conversations that disagree with their messages, and settled events of which nothing was made: inlet rebuild --apply mends them.';
COMMENT ON COLUMN derived_differences.part IS 'Which table the row is of: conversations or inbound_events.';
COMMENT ON COLUMN derived_walks.part IS 'Which table: conversations or inbound_events.';

DROP TABLE derived_scans;
DROP TABLE reconciliation_runs;
