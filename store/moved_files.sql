-- name: hold_files_to_move
-- Hold some files whose bytes are here: those that were never tried first, then those whose last try
-- is the longest ago; up to a size together, at least one.
WITH held AS (
    SELECT f.customer_id, f.hash, f.tried_at, octet_length(f.content) AS size_bytes
    FROM files AS f
    WHERE f.content IS NOT NULL
    ORDER BY f.tried_at NULLS FIRST, f.customer_id, f.hash
    LIMIT %(most_files)s::integer
    FOR NO KEY UPDATE SKIP LOCKED
),
bounded AS (
    SELECT
        h.customer_id, h.hash,
        sum(h.size_bytes) OVER in_turn AS together, row_number() OVER in_turn AS turn
    FROM held AS h
    WINDOW in_turn AS (ORDER BY h.tried_at NULLS FIRST, h.customer_id, h.hash)
)
SELECT b.customer_id, b.hash, f.content
FROM bounded AS b
JOIN files AS f ON f.customer_id = b.customer_id AND f.hash = b.hash
WHERE b.together <= %(most_bytes)s::bigint OR b.turn = 1
ORDER BY b.turn

-- name: note_moved
-- Note that the store has some files, and let go of their bytes.
UPDATE files AS f
SET
    content = NULL, size_bytes = octet_length(f.content), media_type = t.media_type,
    may_be_in_store = true, tried_at = NULL
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bytea[], %(media_types)b::text[]
) AS t (customer_id, hash, media_type)
WHERE f.customer_id = t.customer_id AND f.hash = t.hash

-- name: note_not_moved
-- Note that some files could not be put into the store: others come first.
UPDATE files AS f
SET tried_at = now()
FROM unnest(%(customer_ids)b::bigint[], %(hashes)b::bytea[]) AS t (customer_id, hash)
WHERE f.customer_id = t.customer_id AND f.hash = t.hash

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
