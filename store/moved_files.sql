-- name: claim_files_to_move
-- Hold some files whose bytes are here, and read them: those that were never tried first, then those
-- whose last try is the longest ago; up to a size together, at least one.
WITH next AS (
    SELECT f.customer_id, f.hash, f.tried_at, octet_length(f.content) AS size_bytes
    FROM files AS f
    WHERE f.content IS NOT NULL AND (f.held_until IS NULL OR f.held_until < now())
    ORDER BY f.tried_at NULLS FIRST, f.customer_id, f.hash
    LIMIT %(most_files)s::integer
    FOR NO KEY UPDATE SKIP LOCKED
),
bounded AS (
    SELECT
        n.customer_id, n.hash,
        sum(n.size_bytes) OVER in_turn AS together, row_number() OVER in_turn AS turn
    FROM next AS n
    WINDOW in_turn AS (ORDER BY n.tried_at NULLS FIRST, n.customer_id, n.hash)
)
UPDATE files AS f
SET held_until = now() + make_interval(secs => %(seconds)s::double precision)
FROM bounded AS b
WHERE f.customer_id = b.customer_id AND f.hash = b.hash
    AND (b.together <= %(most_bytes)s::bigint OR b.turn = 1)
RETURNING f.customer_id, f.hash, f.content, f.held_until

-- name: note_moved
-- Note that the store has some files that are still held, and let go of their bytes.
UPDATE files AS f
SET
    content = NULL, size_bytes = octet_length(f.content), media_type = t.media_type,
    may_be_in_store = true, tried_at = NULL, held_until = NULL
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bytea[], %(media_types)b::text[]
) AS t (customer_id, hash, media_type)
WHERE f.customer_id = t.customer_id AND f.hash = t.hash
    AND f.held_until = %(held_until)s::timestamptz AND f.content IS NOT NULL

-- name: note_not_moved
-- Note which files could not be put into the store, so that others come first, and hold none of these.
UPDATE files AS f
SET held_until = NULL, tried_at = CASE WHEN t.was_tried THEN now() ELSE f.tried_at END
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bytea[], %(were_tried)b::boolean[]
) AS t (customer_id, hash, was_tried)
WHERE f.customer_id = t.customer_id AND f.hash = t.hash
    AND f.held_until = %(held_until)s::timestamptz

-- name: sample_moved
-- Some of the files that the store has.
SELECT f.customer_id, f.hash
FROM files AS f
WHERE f.content IS NULL AND f.forgotten_at IS NULL
LIMIT %(most)s::integer

-- name: count_waiting
-- How many files have their bytes here, how many of them could not be moved, each up to so many, and
-- when the oldest of those came.
WITH failed AS (
    SELECT f.created_at
    FROM files AS f
    WHERE f.content IS NOT NULL AND f.tried_at IS NOT NULL
    LIMIT %(most)s::integer
)
SELECT
    (
        SELECT count(*)
        FROM (SELECT FROM files AS w WHERE w.content IS NOT NULL LIMIT %(most)s::integer) AS w
    ),
    count(*), min(o.created_at)
FROM failed AS o
