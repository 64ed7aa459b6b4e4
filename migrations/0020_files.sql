-- Files that come with a message as bytes, each kept once for a customer.

CREATE TABLE files (
    customer_id bigint NOT NULL REFERENCES customers (id),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    content bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, hash)
);

-- What people send is compressed already.
ALTER TABLE files ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE attachments
    ALTER COLUMN url DROP NOT NULL,
    ADD COLUMN file_hash bytea,
    ADD CONSTRAINT attachments_place_check CHECK ((url IS NULL) <> (file_hash IS NULL)),
    ADD CONSTRAINT attachments_file_fkey
        FOREIGN KEY (customer_id, file_hash) REFERENCES files (customer_id, hash);

COMMENT ON COLUMN attachments.url IS 'Where the provider keeps it; NULL where it came with the message.';
COMMENT ON COLUMN attachments.file_hash IS 'Which file it is, where it came with the message.';

COMMENT ON TABLE files IS 'Files that came with messages; the same bytes are kept once.';
COMMENT ON COLUMN files.customer_id IS 'The customer who received it.';
COMMENT ON COLUMN files.hash IS 'SHA-256 of the content.';
COMMENT ON COLUMN files.content IS 'Byte for byte as it came; not to be trusted.';
COMMENT ON COLUMN files.created_at IS 'When the row was made, by the database clock.';
