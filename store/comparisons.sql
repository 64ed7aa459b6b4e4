-- name: see_one_moment
-- Let the statements of this transaction see one moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY

-- name: add_run
-- Keep what comparing came to.
INSERT INTO reconciliation_runs (
    id, part, reason, customer_id, began_at, seconds, from_id, to_id, rows_seen, rows_wrong,
    rows_mended, samples
)
VALUES (
    %(id)s::uuid, %(part)s::text, %(reason)s::text, %(customer_id)s::bigint,
    %(began_at)s::timestamptz, %(seconds)s::double precision, %(from_id)s::text, %(to_id)s::text,
    %(rows_seen)s::bigint, %(rows_wrong)s::bigint, %(rows_mended)s::bigint, %(samples)s::jsonb
)

-- name: list_runs
-- The latest runs, or the latest that found something wrong.
SELECT
    r.id::text, r.part, r.reason, r.customer_id, r.began_at, r.ended_at, r.seconds, r.from_id, r.to_id,
    r.rows_seen, r.rows_wrong, r.rows_mended, r.samples
FROM reconciliation_runs AS r
WHERE NOT %(only_wrong)s::boolean OR r.rows_wrong > 0
ORDER BY r.ended_at DESC, r.id DESC
LIMIT %(limit)s::bigint

-- name: count_wrong
-- How many rows were wrong within a day, and how many of them were mended.
SELECT r.part, sum(r.rows_wrong)::bigint AS wrong, sum(r.rows_mended)::bigint AS mended
FROM reconciliation_runs AS r
WHERE r.rows_wrong > 0 AND r.ended_at > now() - interval '1 day'
GROUP BY r.part
ORDER BY r.part

-- name: find_last_night
-- What time it is, and when all rows of all customers were last compared.
SELECT
    now(),
    (
        SELECT max(r.ended_at)
        FROM reconciliation_runs AS r
        WHERE r.reason = 'night' AND r.ended_at > now() - interval '2 days'
    )

-- name: forget_runs
-- Forget runs that found nothing after a day, others after 90.
DELETE FROM reconciliation_runs AS r
WHERE r.id IN (
    SELECT o.id
    FROM reconciliation_runs AS o
    WHERE o.ended_at < now() - CASE WHEN o.rows_wrong > 0 OR o.reason = 'night'
        THEN interval '90 days' ELSE interval '1 day' END
    ORDER BY o.ended_at
    LIMIT %(limit)s::bigint
)
