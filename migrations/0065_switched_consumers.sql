-- Consumers of the outbox that are switched off: they hold nobody's pruning up, and know what they missed.

ALTER TABLE outbox_cursors
    ADD COLUMN off_since timestamptz,
    ADD COLUMN has_missed boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN outbox_cursors.off_since IS 'Since when the consumer is switched off; NULL while it is on.';
COMMENT ON COLUMN outbox_cursors.has_missed IS 'Whether changes were removed meanwhile that it has not done: it catches up from the tables.';
