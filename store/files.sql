-- name: keep_files
-- Keep files that came with messages, each once.
INSERT INTO files (customer_id, hash, content)
SELECT t.customer_id, t.hash, t.content
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bytea[], %(contents)b::bytea[]
) AS t (customer_id, hash, content)
ON CONFLICT (customer_id, hash) DO NOTHING

-- name: find_file
-- Read a file that came with a message.
SELECT a.filename, f.content
FROM attachments AS a
JOIN files AS f ON f.customer_id = a.customer_id AND f.hash = a.file_hash
WHERE a.customer_id = %(customer_id)s::bigint AND a.message_id = %(message_id)s::uuid
    AND a.position = %(position)s::integer
