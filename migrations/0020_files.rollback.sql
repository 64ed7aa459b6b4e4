-- Attachments that came as bytes have nowhere to be then; a rebuild makes them again later.
DELETE FROM attachments WHERE url IS NULL;
ALTER TABLE attachments
    DROP CONSTRAINT attachments_file_fkey,
    DROP CONSTRAINT attachments_place_check,
    DROP COLUMN file_hash,
    ALTER COLUMN url SET NOT NULL;
COMMENT ON COLUMN attachments.url IS 'Where the provider keeps it.';
DROP TABLE files;
