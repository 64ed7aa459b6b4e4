-- name: insert_upload
-- Note a file that somebody brought; the file itself is kept already.
INSERT INTO uploads (customer_id, id, file_hash, filename, content_type, size_bytes)
VALUES (
    %(customer_id)s::bigint, %(id)s::uuid, %(file_hash)s::bytea, %(filename)s::text,
    %(content_type)s::text, %(size_bytes)s::bigint
)

-- name: hold_uploads
-- Read files that were brought, in the order given, and keep them until a message has them.
SELECT u.id, u.file_hash, u.filename, u.content_type, u.size_bytes
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (id, place)
JOIN uploads AS u ON u.customer_id = %(customer_id)s::bigint AND u.id = wanted.id
ORDER BY wanted.place
FOR SHARE OF u

-- name: attach_uploads
-- Give a message the files that it is sent with.
INSERT INTO attachments (
    customer_id, message_id, position, file_hash, content_type, filename, size_bytes
)
SELECT
    %(customer_id)s::bigint, %(message_id)s::uuid, t.position, t.file_hash, t.content_type,
    t.filename, t.size_bytes
FROM unnest(
    %(hashes)b::bytea[], %(content_types)s::text[], %(filenames)s::text[], %(sizes)s::bigint[]
) WITH ORDINALITY AS t (file_hash, content_type, filename, size_bytes, position)

-- name: list_attached
-- Read the files that a message of ours is sent with.
SELECT
    a.filename, a.content_type, f.hash, f.content, f.forgotten_at IS NOT NULL AS is_forgotten
FROM attachments AS a
JOIN files AS f ON f.customer_id = a.customer_id AND f.hash = a.file_hash
WHERE a.customer_id = %(customer_id)s::bigint AND a.message_id = %(message_id)s::uuid
ORDER BY a.position

-- name: expire_uploads
-- Forget what was brought long ago: what a message has of it stays.
DELETE FROM uploads AS u
USING (
    SELECT o.customer_id, o.id
    FROM uploads AS o
    WHERE o.created_at < %(before)s::timestamptz
    ORDER BY o.created_at
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
) AS d
WHERE u.customer_id = d.customer_id AND u.id = d.id
