-- Who moves a file or removes it from the store holds it by its row, and no transaction is open meanwhile:
-- one would hold back all who follow changes.

ALTER TABLE files ADD COLUMN held_until timestamptz;

COMMENT ON COLUMN files.held_until IS 'Until when a worker moves it to the store or removes it there, at the latest; NULL where none does.';
