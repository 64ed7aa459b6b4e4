-- name: next_files
-- The next files of some customers behind a key; whether each came before a time, and no upload and
-- no message has it, or none that is newer than a time or still to be sent.
SELECT
    f.customer_id, f.hash,
    f.created_at < %(came_before)s::timestamptz
    AND (f.forgotten_at IS NULL OR %(unused_since)s::timestamptz IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM uploads AS u
        WHERE u.customer_id = f.customer_id AND u.file_hash = f.hash
    )
    AND NOT EXISTS (
        SELECT 1
        FROM attachments AS a
        JOIN messages AS m ON m.customer_id = a.customer_id AND m.id = a.message_id
        WHERE a.customer_id = f.customer_id AND a.file_hash = f.hash
            AND (
                %(unused_since)s::timestamptz IS NULL
                OR m.created_at >= %(unused_since)s::timestamptz
                OR m.status = 'queued'
            )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM media_fetches AS d
        JOIN attachments AS a
            ON a.customer_id = d.customer_id AND a.message_id = d.message_id
                AND a.position = d.position AND a.url = d.url
        JOIN messages AS m ON m.customer_id = d.customer_id AND m.id = d.message_id
        WHERE d.customer_id = f.customer_id AND d.file_hash = f.hash
            AND (
                %(unused_since)s::timestamptz IS NULL
                OR m.created_at >= %(unused_since)s::timestamptz
            )
    ) AS is_unused
FROM files AS f
WHERE (f.customer_id, f.hash) > (%(after_customer)s::bigint, %(after_hash)s::bytea)
    AND f.customer_id <= %(last_customer)s::bigint
ORDER BY f.customer_id, f.hash
LIMIT %(most_files)s::integer

-- name: hold_unused
-- Hold files, but for those that somebody is about to use.
SELECT f.customer_id, f.hash
FROM files AS f
JOIN unnest(%(customer_ids)b::bigint[], %(hashes)b::bytea[]) AS t (customer_id, hash)
    ON t.customer_id = f.customer_id AND t.hash = f.hash
ORDER BY f.customer_id, f.hash
FOR UPDATE OF f SKIP LOCKED

-- name: forget_unused
-- Forget the bytes of those of these files that nobody has begun to use before they were held; the
-- store may have them still.
UPDATE files AS f
SET
    content = NULL, size_bytes = coalesce(f.size_bytes, octet_length(f.content)),
    may_be_in_store = true, tried_at = NULL, forgotten_at = coalesce(f.forgotten_at, now())
FROM unnest(%(customer_ids)b::bigint[], %(hashes)b::bytea[]) AS t (customer_id, hash)
WHERE f.customer_id = t.customer_id AND f.hash = t.hash
    AND NOT EXISTS (
        SELECT 1 FROM uploads AS u
        WHERE u.customer_id = f.customer_id AND u.file_hash = f.hash
    )
    AND NOT EXISTS (
        SELECT 1
        FROM attachments AS a
        JOIN messages AS m ON m.customer_id = a.customer_id AND m.id = a.message_id
        WHERE a.customer_id = f.customer_id AND a.file_hash = f.hash
            AND (
                %(unused_since)s::timestamptz IS NULL
                OR m.created_at >= %(unused_since)s::timestamptz
                OR m.status = 'queued'
            )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM media_fetches AS d
        JOIN attachments AS a
            ON a.customer_id = d.customer_id AND a.message_id = d.message_id
                AND a.position = d.position AND a.url = d.url
        JOIN messages AS m ON m.customer_id = d.customer_id AND m.id = d.message_id
        WHERE d.customer_id = f.customer_id AND d.file_hash = f.hash
            AND (
                %(unused_since)s::timestamptz IS NULL
                OR m.created_at >= %(unused_since)s::timestamptz
            )
    )

-- name: claim_forgotten
-- Hold the next forgotten file that the store may have, so that it is not put there meanwhile.
UPDATE files AS f
SET held_until = now() + make_interval(secs => %(seconds)s::double precision)
FROM (
    SELECT n.customer_id, n.hash
    FROM files AS n
    WHERE n.forgotten_at IS NOT NULL AND n.may_be_in_store
        AND (n.held_until IS NULL OR n.held_until < now())
        AND (n.customer_id, n.hash) > (%(after_customer)s::bigint, %(after_hash)s::bytea)
    ORDER BY n.customer_id, n.hash
    LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
) AS next
WHERE f.customer_id = next.customer_id AND f.hash = next.hash
RETURNING f.customer_id, f.hash, f.held_until

-- name: release_removed
-- Hold a file no longer that was removed from the store; it may have come again meanwhile.
UPDATE files AS f
SET held_until = NULL, may_be_in_store = false
WHERE f.customer_id = %(customer_id)s::bigint AND f.hash = %(hash)s::bytea
    AND f.held_until = %(held_until)s::timestamptz

-- name: lock_forgotten
-- Lock a file so that nobody begins to use it.
SELECT f.hash
FROM files AS f
WHERE f.customer_id = %(customer_id)s::bigint AND f.hash = %(hash)s::bytea
    AND f.forgotten_at IS NOT NULL AND NOT f.may_be_in_store
FOR UPDATE

-- name: delete_unused
-- Remove the row of a forgotten file that no message and no upload has.
DELETE FROM files AS f
WHERE f.customer_id = %(customer_id)s::bigint AND f.hash = %(hash)s::bytea
    AND NOT EXISTS (
        SELECT 1 FROM attachments AS a
        WHERE a.customer_id = f.customer_id AND a.file_hash = f.hash
    )
    AND NOT EXISTS (
        SELECT 1 FROM media_fetches AS d
        WHERE d.customer_id = f.customer_id AND d.file_hash = f.hash
    )
    AND NOT EXISTS (
        SELECT 1 FROM uploads AS u
        WHERE u.customer_id = f.customer_id AND u.file_hash = f.hash
    )
