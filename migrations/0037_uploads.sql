-- Files that agents brought, to be attached to what they write.

CREATE TABLE uploads (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    file_hash bytea NOT NULL,
    filename text NOT NULL,
    content_type text,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, file_hash) REFERENCES files (customer_id, hash)
);

CREATE INDEX uploads_created_at ON uploads (created_at);

COMMENT ON TABLE uploads IS 'Files that agents brought, for a day: a message that is written meanwhile may have them.';
COMMENT ON COLUMN uploads.customer_id IS 'The customer whose agent brought it.';
COMMENT ON COLUMN uploads.id IS 'What a message names it by.';
COMMENT ON COLUMN uploads.file_hash IS 'Which file it is.';
COMMENT ON COLUMN uploads.filename IS 'What the file is called.';
COMMENT ON COLUMN uploads.content_type IS 'What the browser or program says that it is; NULL if it says nothing.';
COMMENT ON COLUMN uploads.size_bytes IS 'How long the file is.';
COMMENT ON COLUMN uploads.created_at IS 'When it was brought, by the database clock.';
