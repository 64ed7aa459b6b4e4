ALTER TABLE outbox_cursors
    DROP COLUMN has_missed,
    DROP COLUMN off_since;
