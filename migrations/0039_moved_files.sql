-- Files may lie in a store beside the database: their rows stay, and say where the bytes are.
-- An older version goes on writing rows without a size: those have their content.

ALTER TABLE files
    ALTER COLUMN content DROP NOT NULL,
    ADD COLUMN size_bytes bigint CHECK (size_bytes >= 0),
    ADD COLUMN media_type text,
    ADD COLUMN may_be_in_store boolean NOT NULL DEFAULT false,
    ADD COLUMN tried_at timestamptz,
    ADD COLUMN forgotten_at timestamptz,
    ADD CONSTRAINT files_size_check CHECK (content IS NOT NULL OR size_bytes IS NOT NULL),
    ADD CONSTRAINT files_place_check
        CHECK (content IS NOT NULL OR may_be_in_store OR forgotten_at IS NOT NULL),
    ADD CONSTRAINT files_forgotten_check CHECK (content IS NULL OR forgotten_at IS NULL);

-- Without its bytes, which stay where they are.
UPDATE files SET size_bytes = octet_length(content);

CREATE INDEX files_to_move ON files (tried_at NULLS FIRST, customer_id, hash)
    WHERE content IS NOT NULL;
CREATE INDEX files_to_remove ON files (customer_id, hash)
    WHERE forgotten_at IS NOT NULL AND may_be_in_store;
-- What a file is referred to by, which nothing led to.
CREATE INDEX attachments_file ON attachments (customer_id, file_hash) WHERE file_hash IS NOT NULL;
CREATE INDEX uploads_file ON uploads (customer_id, file_hash);

COMMENT ON TABLE files IS 'Files that came with messages, or that agents brought; the same bytes are kept once, here or in a store.';
COMMENT ON COLUMN files.content IS 'Byte for byte as it came, not to be trusted; NULL where the store has it, or where it was forgotten.';
COMMENT ON COLUMN files.size_bytes IS 'How long it is; NULL only where an older version wrote it and it is still here.';
COMMENT ON COLUMN files.media_type IS 'What its bytes begin like, whatever the sender says; NULL where that tells nothing, or nobody has looked.';
COMMENT ON COLUMN files.may_be_in_store IS 'Whether the store has it: also true from when it is forgotten until the store has removed it.';
COMMENT ON COLUMN files.tried_at IS 'When it was last tried in vain to put it into the store; NULL where that never failed.';
COMMENT ON COLUMN files.forgotten_at IS 'When its bytes were forgotten; NULL while they are kept.';
