-- name: queue_deliveries
-- Queue changes, in order, for the hooks that want to be told of them; each once, and by an id that
-- is the same whenever it is queued.
INSERT INTO hook_deliveries (
    customer_id, id, hook_id, outbox_seq, type, conversation_id, message_id, message_status,
    object_id, happened_at, order_id
)
SELECT
    h.customer_id, md5(concat_ws(' ', h.id, t.seq, t.type))::uuid, h.id, t.seq, t.type, t.conversation_id, t.message_id,
    t.message_status, t.object_id, t.happened_at, coalesce(t.conversation_id, t.object_id, h.id)
FROM unnest(
    %(customer_ids)b::bigint[], %(seqs)b::bigint[], %(types)s::text[],
    %(conversation_ids)s::uuid[], %(message_ids)s::uuid[],
    %(message_statuses)s::text[], %(object_ids)s::uuid[], %(times)s::timestamptz[]
) WITH ORDINALITY AS t (
    customer_id, seq, type, conversation_id, message_id, message_status, object_id, happened_at,
    place
)
JOIN hooks AS h ON h.customer_id = t.customer_id
WHERE h.disabled_at IS NULL
    AND h.enabled_at <= t.happened_at
    AND t.type = ANY(h.types)
    AND (h.channel_id IS NULL OR EXISTS (
        SELECT 1 FROM conversations AS c
        WHERE c.customer_id = t.customer_id AND c.id = t.conversation_id
            AND c.channel_id = h.channel_id
    ))
ORDER BY t.place, h.id
ON CONFLICT DO NOTHING

-- name: list_told_customers
-- Which of some customers have a hook that is told anything.
SELECT DISTINCT h.customer_id
FROM hooks AS h
WHERE h.customer_id = ANY(%(customer_ids)b::bigint[]) AND h.disabled_at IS NULL

-- name: queue_ping
-- Queue an event that tells nothing, to see whether it arrives.
INSERT INTO hook_deliveries (customer_id, id, hook_id, type, happened_at, order_id)
VALUES (
    %(customer_id)s::bigint, %(id)s::uuid, %(hook_id)s::uuid, %(type)s::text,
    %(now)s::timestamptz, %(id)s::uuid
)

-- name: list_due_hooks
-- Which hooks have something due, but for those that somebody is at already: those that work first, of
-- those that fail no more than there is room for, the latest that began to.
SELECT n.customer_id, n.id::text, n.failing_since IS NOT NULL
FROM (
    SELECT
        h.customer_id, h.id, h.failing_since,
        row_number() OVER (
            PARTITION BY h.failing_since IS NULL
            ORDER BY h.failing_since DESC, h.customer_id, h.id
        ) AS place
    FROM hooks AS h
    WHERE h.disabled_at IS NULL
        AND (h.left_alone_until IS NULL OR h.left_alone_until <= now())
        AND h.id <> ALL(%(at_work)s::uuid[])
        AND EXISTS (
            SELECT 1 FROM hook_deliveries AS d
            WHERE d.customer_id = h.customer_id AND d.hook_id = h.id
                AND d.status = 'pending' AND d.next_attempt_at <= now()
        )
) AS n
WHERE n.failing_since IS NULL OR n.place <= %(most_failing)s::integer
ORDER BY n.failing_since IS NOT NULL, n.place
LIMIT %(most)s::integer

-- name: lease_deliveries
-- Lease what is due for a hook, oldest first, of each conversation the first that is pending, and no
-- more than one while the hook fails; what its holder never settles is due again when the lease ends.
UPDATE hook_deliveries AS d
SET
    next_attempt_at = now() + %(lease_seconds)s::double precision * interval '1 second',
    attempt_count = d.attempt_count + 1
FROM (
    SELECT o.customer_id, o.id
    FROM hook_deliveries AS o
    WHERE (o.customer_id, o.id) IN (
        SELECT w.customer_id, w.id
        FROM hook_deliveries AS w
        WHERE w.customer_id = %(customer_id)s::bigint AND w.hook_id = %(hook_id)s::uuid
            AND w.status = 'pending' AND w.next_attempt_at <= now()
        ORDER BY w.next_attempt_at, w.position
        LIMIT %(most_looked_at)s::integer
    )
        AND o.status = 'pending' AND o.next_attempt_at <= now()
        AND NOT EXISTS (
            SELECT 1 FROM hook_deliveries AS e
            WHERE e.customer_id = o.customer_id AND e.hook_id = o.hook_id
                AND e.order_id = o.order_id AND e.position < o.position
                AND e.status = 'pending'
        )
    ORDER BY o.next_attempt_at, o.position
    LIMIT (
        SELECT CASE WHEN f.failing_since IS NULL THEN %(most)s::integer ELSE 1 END
        FROM hooks AS f
        WHERE f.customer_id = %(customer_id)s::bigint AND f.id = %(hook_id)s::uuid
    )
    FOR UPDATE OF o SKIP LOCKED
) AS n, hooks AS h
WHERE d.customer_id = n.customer_id AND d.id = n.id
    AND h.customer_id = d.customer_id AND h.id = d.hook_id AND h.disabled_at IS NULL
    AND (h.left_alone_until IS NULL OR h.left_alone_until <= now())
RETURNING
    d.customer_id, d.id::text, d.hook_id::text, d.position, d.type, d.conversation_id::text,
    d.message_id::text, d.message_status, d.object_id::text, d.happened_at, d.order_id::text,
    d.attempt_count AS attempt, d.earlier_attempts, d.queued_at, h.url, h.secrets,
    h.second_secret_until,
    coalesce(h.failing_since < now() - %(down_after)s::interval, false) AS is_down

-- name: settle_delivery
-- Note that it was delivered, or given up for an error, if the lease is still ours.
UPDATE hook_deliveries AS d
SET
    status = %(status)s::text, settled_at = %(now)s::timestamptz, next_attempt_at = NULL,
    error_class = %(error_class)s::text
WHERE d.customer_id = %(customer_id)s::bigint AND d.id = %(id)s::uuid
    AND d.status = 'pending' AND d.attempt_count = %(attempt)s::integer
RETURNING true

-- name: put_off_delivery
-- Try it again after a while, if the lease is still ours.
UPDATE hook_deliveries AS d
SET
    next_attempt_at = %(next_attempt_at)s::timestamptz, error_class = %(error_class)s::text
WHERE d.customer_id = %(customer_id)s::bigint AND d.id = %(id)s::uuid
    AND d.status = 'pending' AND d.attempt_count = %(attempt)s::integer
RETURNING true

-- name: put_off_followers
-- Let what waits behind it wait as long, so that nobody looks at it meanwhile.
UPDATE hook_deliveries AS d
SET next_attempt_at = %(next_attempt_at)s::timestamptz
WHERE d.customer_id = %(customer_id)s::bigint AND d.hook_id = %(hook_id)s::uuid
    AND d.order_id = %(order_id)s::uuid AND d.position > %(position)s::bigint
    AND d.status = 'pending' AND d.next_attempt_at < %(next_attempt_at)s::timestamptz

-- name: note_attempt
-- Keep what came of an attempt.
INSERT INTO hook_attempts (
    customer_id, delivery_id, attempt, began_at, duration_ms, http_status, answer, error_class
)
VALUES (
    %(customer_id)s::bigint, %(id)s::uuid, %(attempt)s::integer, %(began_at)s::timestamptz,
    %(duration_ms)s::integer, %(http_status)s::integer, %(answer)s::text, %(error_class)s::text
)

-- name: note_success
-- Note that a hook works.
UPDATE hooks AS h
SET failing_since = NULL
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(hook_id)s::uuid
    AND h.failing_since IS NOT NULL

-- name: leave_alone
-- Post nothing to a hook for a while: its receiver asked for it.
UPDATE hooks AS h
SET left_alone_until = greatest(h.left_alone_until, %(until)s::timestamptz)
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(hook_id)s::uuid

-- name: note_failure
-- Note since when a hook fails, and say it.
UPDATE hooks AS h
SET failing_since = coalesce(h.failing_since, %(now)s::timestamptz)
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(hook_id)s::uuid
RETURNING h.failing_since

-- name: list_deliveries
-- One page of what a hook was told or is to be told, the latest first.
SELECT
    d.customer_id, d.id::text, d.hook_id::text, d.position, d.type, d.conversation_id::text, d.message_id::text,
    d.message_status, d.object_id::text, d.happened_at, d.status, d.attempt_count, d.next_attempt_at, d.settled_at,
    d.error_class
FROM hook_deliveries AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.hook_id = %(hook_id)s::uuid
    AND d.position < %(before)s::bigint
    AND (%(status)s::text IS NULL OR d.status = %(status)s::text)
ORDER BY d.position DESC
LIMIT %(row_count)s::bigint

-- name: find_delivery
-- Find what a hook was told or is to be told.
SELECT
    d.customer_id, d.id::text, d.hook_id::text, d.position, d.type, d.conversation_id::text, d.message_id::text,
    d.message_status, d.object_id::text, d.happened_at, d.status, d.attempt_count, d.next_attempt_at, d.settled_at,
    d.error_class
FROM hook_deliveries AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.id = %(id)s::uuid

-- name: list_waiting
-- How much waits for each of a customer's hooks, counted up to a bound.
SELECT h.id::text, w.count
FROM hooks AS h
CROSS JOIN LATERAL (
    SELECT count(*) AS count
    FROM (
        SELECT 1
        FROM hook_deliveries AS d
        WHERE d.customer_id = h.customer_id AND d.hook_id = h.id AND d.status = 'pending'
        LIMIT %(most)s::bigint
    ) AS c
) AS w
WHERE h.customer_id = %(customer_id)s::bigint

-- name: list_attempts
-- The attempts at a delivery, the latest first.
SELECT a.attempt, a.began_at, a.duration_ms, a.http_status, a.answer, a.error_class
FROM hook_attempts AS a
WHERE a.customer_id = %(customer_id)s::bigint AND a.delivery_id = %(id)s::uuid
ORDER BY a.attempt DESC
LIMIT %(row_count)s::bigint

-- name: queue_again
-- Deliver once more what is settled.
UPDATE hook_deliveries AS d
SET
    status = 'pending', settled_at = NULL, error_class = NULL, queued_at = %(now)s::timestamptz,
    next_attempt_at = %(now)s::timestamptz, earlier_attempts = d.attempt_count
WHERE d.customer_id = %(customer_id)s::bigint AND d.id = %(id)s::uuid AND d.status <> 'pending'
RETURNING d.id

-- name: queue_span_again
-- Deliver once more what is settled and happened in a span of time, the oldest first.
UPDATE hook_deliveries AS d
SET
    status = 'pending', settled_at = NULL, error_class = NULL, queued_at = %(now)s::timestamptz,
    next_attempt_at = %(now)s::timestamptz, earlier_attempts = d.attempt_count
FROM (
    SELECT o.id
    FROM hook_deliveries AS o
    WHERE o.customer_id = %(customer_id)s::bigint AND o.hook_id = %(hook_id)s::uuid
        AND o.status <> 'pending'
        AND (%(status)s::text IS NULL OR o.status = %(status)s::text)
        AND o.happened_at >= %(after)s::timestamptz AND o.happened_at < %(before)s::timestamptz
    ORDER BY o.position
    LIMIT %(most)s::integer
    FOR UPDATE SKIP LOCKED
) AS t
WHERE d.customer_id = %(customer_id)s::bigint AND d.id = t.id
RETURNING d.id

-- name: forget_attempts
-- Forget the attempts at deliveries that were settled long ago.
DELETE FROM hook_attempts AS a
USING (
    SELECT g.customer_id, g.delivery_id, g.attempt
    FROM hook_attempts AS g
    JOIN hook_deliveries AS d ON d.customer_id = g.customer_id AND d.id = g.delivery_id
    WHERE d.status <> 'pending' AND d.settled_at < %(before)s::timestamptz
    LIMIT %(limit)s::integer
) AS t
WHERE a.customer_id = t.customer_id AND a.delivery_id = t.delivery_id AND a.attempt = t.attempt

-- name: forget_deliveries
-- Forget deliveries that were settled long ago, of which no attempt is left.
DELETE FROM hook_deliveries AS d
USING (
    SELECT o.customer_id, o.id
    FROM hook_deliveries AS o
    WHERE o.status <> 'pending' AND o.settled_at < %(before)s::timestamptz
        AND NOT EXISTS (
            SELECT 1 FROM hook_attempts AS a
            WHERE a.customer_id = o.customer_id AND a.delivery_id = o.id
        )
    ORDER BY o.settled_at
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
) AS t
WHERE d.customer_id = t.customer_id AND d.id = t.id

-- name: give_up_forgotten
-- Give up what has waited for long for a hook that is disabled.
UPDATE hook_deliveries AS d
SET
    status = 'failed', settled_at = %(now)s::timestamptz, next_attempt_at = NULL,
    error_class = 'disabled'
FROM (
    SELECT o.customer_id, o.id
    FROM hooks AS h
    JOIN hook_deliveries AS o ON o.customer_id = h.customer_id AND o.hook_id = h.id
    WHERE h.disabled_at IS NOT NULL AND o.status = 'pending'
        AND o.queued_at < %(before)s::timestamptz
    LIMIT %(limit)s::integer
    FOR UPDATE OF o SKIP LOCKED
) AS t
WHERE d.customer_id = t.customer_id AND d.id = t.id

-- name: count_hooks
-- How many hooks Inlet disabled, how many fail, how much waits for those that are enabled, counted up
-- to a bound, and since when the first of it happened.
SELECT
    (SELECT count(*) FROM hooks AS h WHERE h.disabled_reason IN ('failing', 'gone', 'restored')),
    (SELECT count(*) FROM hooks AS h WHERE h.disabled_at IS NULL AND h.failing_since IS NOT NULL),
    count(w.queued_at),
    min(w.queued_at)
FROM (
    SELECT d.queued_at
    FROM hooks AS h
    JOIN hook_deliveries AS d
        ON d.customer_id = h.customer_id AND d.hook_id = h.id AND d.status = 'pending'
    WHERE h.disabled_at IS NULL
    LIMIT %(most)s::bigint
) AS w
