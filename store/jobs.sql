-- name: insert_job
-- Put work on the list.
INSERT INTO jobs (customer_id, id, kind, request, agent_id, key_id, total)
VALUES (
    %(customer_id)s::bigint, %(id)s::uuid, 'bulk', %(request)s::jsonb, %(agent_id)s::uuid,
    %(key_id)s::uuid, %(total)s::integer
)

-- name: find_job
-- How far a job is.
SELECT
    j.id, j.request::text AS request, j.status, j.agent_id, j.total, j.changed, j.unchanged,
    j.failed, j.error_class, j.created_at, j.started_at, j.ended_at
FROM jobs AS j
WHERE j.customer_id = %(customer_id)s::bigint AND j.id = %(id)s::uuid

-- name: cancel_job
-- Stop a job that has not ended; the step in hand is finished first.
UPDATE jobs AS j
SET status = 'canceled', ended_at = now()
WHERE j.customer_id = %(customer_id)s::bigint AND j.id = %(id)s::uuid
    AND j.status IN ('queued', 'running')
RETURNING j.id

-- name: claim_job
-- Hold the oldest job that nobody is at, for one step.
SELECT
    j.customer_id, j.id, j.request::text AS request, j.agent_id, j.key_id, j.cursor_at, j.cursor_id
FROM jobs AS j
WHERE j.status IN ('queued', 'running')
ORDER BY j.created_at
LIMIT 1
FOR UPDATE SKIP LOCKED

-- name: advance_job
-- Note what a step did and where the next one begins; without such a place the job is done.
UPDATE jobs AS j
SET
    status = CASE WHEN %(cursor_id)s::uuid IS NULL THEN 'done' ELSE 'running' END,
    started_at = coalesce(j.started_at, now()),
    ended_at = CASE WHEN %(cursor_id)s::uuid IS NULL THEN now() END,
    changed = j.changed + %(changed)s::integer,
    unchanged = j.unchanged + %(unchanged)s::integer,
    failed = j.failed + %(failed)s::integer,
    cursor_at = %(cursor_at)s::timestamptz,
    cursor_id = %(cursor_id)s::uuid
WHERE j.customer_id = %(customer_id)s::bigint AND j.id = %(id)s::uuid

-- name: fail_job
-- Give up a job that cannot go on.
UPDATE jobs AS j
SET status = 'failed', error_class = %(error_class)s::text, ended_at = now()
WHERE j.customer_id = %(customer_id)s::bigint AND j.id = %(id)s::uuid
    AND j.status IN ('queued', 'running')
