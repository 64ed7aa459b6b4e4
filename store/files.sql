-- name: keep_files
-- Keep files that came with messages, each once.
INSERT INTO files (customer_id, hash, content)
SELECT t.customer_id, t.hash, t.content
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bytea[], %(contents)b::bytea[]
) AS t (customer_id, hash, content)
ON CONFLICT (customer_id, hash) DO NOTHING

-- name: keep_large_file
-- Keep a file that came with a message, once.
INSERT INTO files (customer_id, hash, content)
VALUES (%(customer_id)s::bigint, %(hash)s::bytea, %(content)b::bytea)
ON CONFLICT (customer_id, hash) DO NOTHING

-- name: find_inline_files
-- Read the files that the HTML of a message shows, the smallest first, up to a size together.
WITH shown AS (
    SELECT
        a.content_id, f.content,
        sum(octet_length(f.content)) OVER (ORDER BY octet_length(f.content), a.position) AS together
    FROM attachments AS a
    JOIN files AS f ON f.customer_id = a.customer_id AND f.hash = a.file_hash
    WHERE a.customer_id = %(customer_id)s::bigint AND a.message_id = %(message_id)s::uuid
        AND a.content_id = ANY (%(content_ids)s::text[])
)
SELECT s.content_id, s.content
FROM shown AS s
WHERE s.together <= %(most_bytes)s::bigint

-- name: find_file
-- Read a file that came with a message.
SELECT a.filename, f.content
FROM attachments AS a
JOIN files AS f ON f.customer_id = a.customer_id AND f.hash = a.file_hash
WHERE a.customer_id = %(customer_id)s::bigint AND a.message_id = %(message_id)s::uuid
    AND a.position = %(position)s::integer
