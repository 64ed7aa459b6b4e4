ALTER TABLE files DROP COLUMN held_until;
