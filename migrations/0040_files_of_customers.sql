-- For how long each customer keeps files, and how many bytes of them; agents' alone are refused.

ALTER TABLE customers
    ADD COLUMN file_days integer CHECK (file_days >= 1),
    ADD COLUMN most_file_bytes bigint CHECK (most_file_bytes >= 0);

-- What a customer keeps is added up from it.
CREATE INDEX files_kept ON files (customer_id) INCLUDE (size_bytes) WHERE forgotten_at IS NULL;

COMMENT ON COLUMN customers.file_days IS 'Days for which files are kept after the newest message that has them; NULL: for ever.';
COMMENT ON COLUMN customers.most_file_bytes IS 'How many bytes of files there may be before agents can bring no more; NULL: any number. What comes in is never refused.';
