-- A receiver that answers Retry-After is left alone for that long, with everything that waits for it.

ALTER TABLE hooks ADD COLUMN left_alone_until timestamptz;

COMMENT ON COLUMN hooks.left_alone_until IS 'Until when its receiver asked to be left alone (Retry-After); NULL, or past, where it did not.';
