ALTER TABLE hooks DROP COLUMN left_alone_until;
