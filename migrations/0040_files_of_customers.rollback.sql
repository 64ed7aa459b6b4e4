DROP INDEX files_kept;
ALTER TABLE customers DROP COLUMN most_file_bytes, DROP COLUMN file_days;
