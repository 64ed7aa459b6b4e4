-- name: hold_kept
-- Say which of these files are kept already, and let nobody remove them meanwhile.
SELECT f.customer_id, f.hash
FROM unnest(%(customer_ids)b::bigint[], %(hashes)b::bytea[]) AS t (customer_id, hash)
JOIN files AS f ON f.customer_id = t.customer_id AND f.hash = t.hash
WHERE f.forgotten_at IS NULL
ORDER BY f.customer_id, f.hash
FOR KEY SHARE OF f

-- name: keep_files
-- Keep files that came with messages, each once; what was forgotten comes back.
INSERT INTO files AS f (customer_id, hash, content, size_bytes, media_type)
SELECT t.customer_id, t.hash, t.content, octet_length(t.content), t.media_type
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bytea[], %(contents)b::bytea[], %(media_types)b::text[]
) AS t (customer_id, hash, content, media_type)
ON CONFLICT (customer_id, hash) DO UPDATE
SET
    content = excluded.content, media_type = excluded.media_type, created_at = excluded.created_at,
    forgotten_at = NULL, tried_at = NULL
WHERE f.forgotten_at IS NOT NULL

-- name: keep_large_file
-- Keep a file that came with a message, once; what was forgotten comes back.
INSERT INTO files AS f (customer_id, hash, content, size_bytes, media_type)
VALUES (
    %(customer_id)s::bigint, %(hash)s::bytea, %(content)b::bytea, %(size_bytes)s::bigint,
    %(media_type)s::text
)
ON CONFLICT (customer_id, hash) DO UPDATE
SET
    content = excluded.content, media_type = excluded.media_type, created_at = excluded.created_at,
    forgotten_at = NULL, tried_at = NULL
WHERE f.forgotten_at IS NOT NULL

-- name: find_inline_files
-- Find the files that the HTML of a message shows, the smallest first, up to a size together.
WITH shown AS (
    SELECT
        a.content_id, f.customer_id, f.hash,
        sum(coalesce(f.size_bytes, octet_length(f.content))) OVER (
            ORDER BY coalesce(f.size_bytes, octet_length(f.content)), a.position
        ) AS together
    FROM attachments AS a
    JOIN files AS f ON f.customer_id = a.customer_id AND f.hash = a.file_hash
    WHERE a.customer_id = %(customer_id)s::bigint AND a.message_id = %(message_id)s::uuid
        AND a.content_id = ANY (%(content_ids)s::text[]) AND f.forgotten_at IS NULL
)
SELECT s.content_id, f.hash, f.content
FROM shown AS s
JOIN files AS f ON f.customer_id = s.customer_id AND f.hash = s.hash
WHERE s.together <= %(most_bytes)s::bigint

-- name: find_file
-- Find a file that came with a message, or that was fetched for it, with its bytes if they are here.
SELECT
    a.filename, a.content_type, f.hash, f.content, f.forgotten_at IS NOT NULL AS is_forgotten
FROM attachments AS a
LEFT JOIN media_fetches AS d
    ON d.customer_id = a.customer_id AND d.message_id = a.message_id AND d.position = a.position
        AND d.url = a.url
JOIN files AS f ON f.customer_id = a.customer_id AND f.hash = coalesce(a.file_hash, d.file_hash)
WHERE a.customer_id = %(customer_id)s::bigint AND a.message_id = %(message_id)s::uuid
    AND a.position = %(position)s::integer
