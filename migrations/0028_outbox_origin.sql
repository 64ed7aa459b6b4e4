-- Whose transactions the outbox counts by: those of another server mean nothing here.

CREATE TABLE outbox_origin (
    id integer PRIMARY KEY CHECK (id = 1),
    system_identifier bigint,
    table_oid bigint NOT NULL,
    timeline bigint,
    epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    began_at timestamptz NOT NULL DEFAULT now(),
    reason text CHECK (reason IN ('restored', 'failed_over'))
);

COMMENT ON TABLE outbox_origin IS 'The server that the outbox was last followed on, to recognise that it is another one. One row, or none before the first start.';
COMMENT ON COLUMN outbox_origin.id IS 'Always 1.';
COMMENT ON COLUMN outbox_origin.system_identifier IS 'Of pg_control_system(); NULL where we may not ask. Another one after a dump was restored into another cluster, or after pg_upgrade.';
COMMENT ON COLUMN outbox_origin.table_oid IS 'The oid of this table, which a restored dump makes anew, also in the same cluster.';
COMMENT ON COLUMN outbox_origin.timeline IS 'Of the write-ahead log: another one after a standby took over, or a base back-up was recovered.';
COMMENT ON COLUMN outbox_origin.epoch IS 'Counts the changes of server. Cursors of clients name it; those of an earlier one are told to begin anew.';
COMMENT ON COLUMN outbox_origin.began_at IS 'When this epoch began.';
COMMENT ON COLUMN outbox_origin.reason IS 'Why it began: restored, or failed_over; NULL for the first.';
