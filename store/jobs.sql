-- name: insert_job
-- Put work on the list.
INSERT INTO jobs (
    customer_id, id, kind, request, agent_id, key_id, total, events_per_second, reason
)
VALUES (
    %(customer_id)s::bigint, %(id)s::uuid, %(kind)s::text, %(request)s::jsonb,
    %(agent_id)s::uuid, %(key_id)s::uuid, %(total)s::integer, %(events_per_second)s::integer,
    %(reason)s::text
)

-- name: list_jobs
-- List jobs, latest first, below a given one, by any of the filters.
SELECT
    j.id, j.kind, j.request::text AS request, j.status, j.agent_id, a.name AS agent_name,
    j.events_per_second, j.reason, j.total, j.changed, j.unchanged, j.failed, j.error_class,
    j.created_at, j.started_at, j.ended_at
FROM jobs AS j
LEFT JOIN agents AS a ON a.customer_id = j.customer_id AND a.id = j.agent_id
WHERE j.customer_id = %(customer_id)s::bigint
    AND (%(kind)s::text IS NULL OR j.kind = %(kind)s::text)
    AND (%(status)s::text IS NULL OR j.status = %(status)s::text)
    AND j.id < coalesce(%(before)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY j.id DESC
LIMIT %(limit)s::bigint

-- name: find_job
-- How far a job is.
SELECT
    j.id, j.kind, j.request::text AS request, j.status, j.agent_id, a.name AS agent_name,
    j.events_per_second, j.reason, j.total, j.changed, j.unchanged, j.failed, j.error_class,
    j.created_at, j.started_at, j.ended_at
FROM jobs AS j
LEFT JOIN agents AS a ON a.customer_id = j.customer_id AND a.id = j.agent_id
WHERE j.customer_id = %(customer_id)s::bigint AND j.id = %(id)s::uuid

-- name: cancel_job
-- Stop a job that has not ended; the step in hand is finished first.
UPDATE jobs AS j
SET status = 'canceled', ended_at = now()
WHERE j.customer_id = %(customer_id)s::bigint AND j.id = %(id)s::uuid
    AND j.status IN ('queued', 'running')
RETURNING j.id

-- name: claim_job
-- Hold the oldest job that nobody is at, for one step. One with a rate has rested for a fifth of a
-- second first, or for as long as one event takes; its last step was at cursor_at.
SELECT
    j.customer_id, j.id, j.kind, j.request::text AS request, j.agent_id, j.key_id,
    j.events_per_second, j.cursor_at, j.cursor_id, j.created_at,
    extract(epoch FROM clock_timestamp() - j.cursor_at)::double precision AS rested_seconds
FROM jobs AS j
WHERE j.status IN ('queued', 'running')
    AND (
        j.events_per_second IS NULL
        OR j.cursor_at IS NULL
        OR j.cursor_at <= clock_timestamp() - make_interval(
            secs => greatest(0.2, 1.0 / j.events_per_second)
        )
    )
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

-- name: advance_recovery
-- Note what a step did to events and up to which one, and when; it was perhaps the last.
UPDATE jobs AS j
SET
    status = CASE WHEN %(is_done)s::boolean THEN 'done' ELSE 'running' END,
    started_at = coalesce(j.started_at, now()),
    ended_at = CASE WHEN %(is_done)s::boolean THEN now() END,
    changed = j.changed + %(changed)s::integer,
    unchanged = j.unchanged + %(unchanged)s::integer,
    cursor_at = clock_timestamp(),
    cursor_id = coalesce(%(cursor_id)s::uuid, j.cursor_id)
WHERE j.customer_id = %(customer_id)s::bigint AND j.id = %(id)s::uuid

-- name: repeated_depth
-- How many repeated events are due, of all customers, up to a number.
SELECT count(*)
FROM (
    SELECT 1
    FROM inbound_queue AS q
    WHERE q.lane = 1 AND q.next_attempt_at <= now()
    LIMIT %(most)s::bigint
) AS due

-- name: is_anybody_working
-- Whether a worker has reported lately; each does so once a second.
SELECT EXISTS (
    SELECT 1 FROM workers AS w WHERE w.seen_at > now() - interval '10 seconds'
)

-- name: fail_job
-- Give up a job that cannot go on.
UPDATE jobs AS j
SET status = 'failed', error_class = %(error_class)s::text, ended_at = now()
WHERE j.customer_id = %(customer_id)s::bigint AND j.id = %(id)s::uuid
    AND j.status IN ('queued', 'running')
