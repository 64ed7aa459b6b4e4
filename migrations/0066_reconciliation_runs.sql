-- What comparing derived rows with what they are derived from came to, how far each table was walked
-- through, and rows of any kind that differ.

CREATE TABLE reconciliation_runs (
    id uuid PRIMARY KEY,
    part text NOT NULL CHECK (part <> ''),
    reason text NOT NULL CHECK (reason IN ('minute', 'night', 'asked')),
    customer_id bigint REFERENCES customers (id),
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL DEFAULT now(),
    seconds double precision NOT NULL CHECK (seconds >= 0),
    from_id text,
    to_id text,
    rows_seen bigint NOT NULL CHECK (rows_seen >= 0),
    rows_wrong bigint NOT NULL CHECK (rows_wrong BETWEEN 0 AND rows_seen),
    rows_mended bigint NOT NULL CHECK (rows_mended BETWEEN 0 AND rows_wrong),
    samples jsonb NOT NULL DEFAULT '[]'
);

CREATE INDEX reconciliation_runs_by_time ON reconciliation_runs (ended_at DESC, id DESC);
CREATE INDEX reconciliation_runs_wrong ON reconciliation_runs (ended_at DESC, id DESC)
    WHERE rows_wrong > 0;

CREATE TABLE derived_scans (
    name text PRIMARY KEY CHECK (name <> ''),
    after_place text NOT NULL,
    written_since xid8 NOT NULL,
    began_at_xid xid8 NOT NULL,
    looked_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE derived_differences
    DROP CONSTRAINT derived_differences_part_check,
    ALTER COLUMN id TYPE text USING id::text,
    ADD CONSTRAINT derived_differences_part_check CHECK (part <> '');

ALTER TABLE derived_walks
    DROP CONSTRAINT derived_walks_part_check,
    ALTER COLUMN after_id TYPE text USING after_id::text,
    ADD CONSTRAINT derived_walks_part_check CHECK (part <> '');

COMMENT ON TABLE reconciliation_runs IS 'What comparing derived rows with what they are derived from came to, a row for each part of a run. What providers are asked for is in reconciliations.';
COMMENT ON COLUMN reconciliation_runs.id IS 'UUIDv7.';
COMMENT ON COLUMN reconciliation_runs.part IS 'Which derived rows: conversations, messages, search_documents, ...';
COMMENT ON COLUMN reconciliation_runs.reason IS 'minute: some rows, as every minute. night: all rows. asked: all rows of a customer, because somebody asked.';
COMMENT ON COLUMN reconciliation_runs.customer_id IS 'Whose rows; NULL: those of all customers.';
COMMENT ON COLUMN reconciliation_runs.began_at IS 'When it began, by the worker''s clock.';
COMMENT ON COLUMN reconciliation_runs.ended_at IS 'When it was written down, by the database clock.';
COMMENT ON COLUMN reconciliation_runs.seconds IS 'How long comparing and mending took.';
COMMENT ON COLUMN reconciliation_runs.from_id IS 'The first row of the walk, in the order of ids; rows written lately were looked at beside.';
COMMENT ON COLUMN reconciliation_runs.to_id IS 'The last row of the walk.';
COMMENT ON COLUMN reconciliation_runs.rows_seen IS 'How many rows were compared.';
COMMENT ON COLUMN reconciliation_runs.rows_wrong IS 'How many of them were wrong.';
COMMENT ON COLUMN reconciliation_runs.rows_mended IS 'How many of those are right now.';
COMMENT ON COLUMN reconciliation_runs.samples IS 'Some that were wrong: customer_id, id, columns. No contents.';

COMMENT ON TABLE derived_scans IS 'How far each table was looked through for rows that were written lately.';
COMMENT ON COLUMN derived_scans.name IS 'Which table.';
COMMENT ON COLUMN derived_scans.after_place IS 'Behind which place of the table (ctid) it goes on.';
COMMENT ON COLUMN derived_scans.written_since IS 'Rows of transactions from this one on are compared.';
COMMENT ON COLUMN derived_scans.began_at_xid IS 'The oldest transaction that was not over when this round began: the next one compares from there.';
COMMENT ON COLUMN derived_scans.looked_at IS 'When that was, by the database clock.';

COMMENT ON TABLE derived_differences IS 'Rows that do not say what the rows say which they are derived from.';
COMMENT ON COLUMN derived_differences.part IS 'Which derived rows: conversations, inbound_events, messages, search_documents, ...';
COMMENT ON COLUMN derived_differences.id IS 'Which row.';
COMMENT ON COLUMN derived_walks.part IS 'Which derived rows.';
