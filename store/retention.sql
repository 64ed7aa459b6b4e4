-- name: list_policies
-- What each customer says about keeping things.
SELECT c.id, c.event_days, c.dead_letter_days, c.quarantine_days, c.outbox_days, c.file_days
FROM customers AS c
ORDER BY c.id

-- name: hold_old_events
-- Look at a customer's next old events, and hold those that are settled and not given up.
SELECT e.id, e.received_at < %(before)s::timestamptz
    AND NOT EXISTS (
        SELECT 1 FROM inbound_queue AS q
        WHERE q.customer_id = e.customer_id AND q.event_id = e.id
    )
    AND NOT EXISTS (
        SELECT 1 FROM dead_letters AS d
        WHERE d.customer_id = e.customer_id AND d.event_id = e.id AND d.resolution IS NULL
    )
FROM inbound_events AS e
WHERE e.customer_id = %(customer_id)s::bigint
    AND (%(after)s::uuid IS NULL OR e.id > %(after)s::uuid)
    AND e.id < %(below)s::uuid
ORDER BY e.id
LIMIT %(limit)s::integer
FOR UPDATE OF e SKIP LOCKED

-- name: delete_events
-- Forget events and all that is known of their attempts; one that was queued again stays.
WITH gone AS (
    SELECT t.id
    FROM unnest(%(ids)s::uuid[]) AS t (id)
    WHERE NOT EXISTS (
        SELECT 1 FROM inbound_queue AS q
        WHERE q.customer_id = %(customer_id)s::bigint AND q.event_id = t.id
    )
),
failures AS (
    DELETE FROM inbound_failures AS f
    USING gone AS g
    WHERE f.customer_id = %(customer_id)s::bigint AND f.event_id = g.id
),
contents AS (
    DELETE FROM fetched_contents AS f
    USING gone AS g
    WHERE f.customer_id = %(customer_id)s::bigint AND f.event_id = g.id
),
letters AS (
    DELETE FROM dead_letters AS d
    USING gone AS g
    WHERE d.customer_id = %(customer_id)s::bigint AND d.event_id = g.id
)
DELETE FROM inbound_events AS e
USING gone AS g
WHERE e.customer_id = %(customer_id)s::bigint AND e.id = g.id

-- name: hold_old_dead_letters
-- Hold a customer's old dead letters; say of each whether its event goes with it.
SELECT d.event_id, d.resolution IS DISTINCT FROM 'retried'
    AND NOT EXISTS (
        SELECT 1 FROM messages AS m WHERE m.customer_id = d.customer_id AND m.id = d.event_id
    )
FROM dead_letters AS d
JOIN inbound_events AS e ON e.customer_id = d.customer_id AND e.id = d.event_id
WHERE d.customer_id = %(customer_id)s::bigint
    AND coalesce(d.resolved_at, d.failed_at) < %(before)s::timestamptz
ORDER BY d.event_id
LIMIT %(limit)s::integer
FOR UPDATE OF d, e SKIP LOCKED

-- name: delete_dead_letters
-- Forget dead letters alone; their events stay.
DELETE FROM dead_letters AS d
USING unnest(%(ids)s::uuid[]) AS t (id)
WHERE d.customer_id = %(customer_id)s::bigint AND d.event_id = t.id

-- name: forget_quarantined
-- Forget a customer's old refused deliveries.
DELETE FROM quarantined_deliveries AS q
USING (
    SELECT o.id
    FROM quarantined_deliveries AS o
    WHERE o.customer_id = %(customer_id)s::bigint
        AND o.id < %(below)s::uuid
        AND o.received_at < %(before)s::timestamptz
    ORDER BY o.id
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
) AS d
WHERE q.customer_id = %(customer_id)s::bigint AND q.id = d.id

-- name: forget_hours
-- Forget what channels took and refused long ago.
DELETE FROM channel_hours AS h
USING (
    SELECT o.customer_id, o.channel_id, o.hour
    FROM channel_hours AS o
    WHERE o.hour < %(before)s::timestamptz
    ORDER BY o.hour
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
) AS d
WHERE h.customer_id = d.customer_id AND h.channel_id = d.channel_id AND h.hour = d.hour

-- name: forget_web_processes
-- Forget web processes that ended long ago.
DELETE FROM web_processes AS w
WHERE w.seen_at < %(before)s::timestamptz

-- name: fold_workers
-- Add workers that ended long ago to one row of all that are gone: totals never fall.
WITH gone AS (
    DELETE FROM workers AS w
    WHERE w.seen_at < %(before)s::timestamptz
        AND w.id <> '00000000-0000-0000-0000-000000000000'
    RETURNING
        w.started_at, w.seen_at, w.claimed, w.processed, w.error, w.dead_letter,
        w.latency_bounds, w.latency_counts, w.latency_sum
),
summed AS (
    SELECT
        g.started_at, g.seen_at, g.claimed, g.processed, g.error, g.dead_letter,
        g.latency_bounds, g.latency_counts, g.latency_sum
    FROM gone AS g
    UNION ALL
    SELECT
        w.started_at, w.seen_at, w.claimed, w.processed, w.error, w.dead_letter,
        w.latency_bounds, w.latency_counts, w.latency_sum
    FROM workers AS w
    WHERE w.id = '00000000-0000-0000-0000-000000000000'
),
counts AS (
    SELECT array_agg(c.events ORDER BY c.position) AS latency_counts
    FROM (
        SELECT p.position, sum(p.events)::bigint AS events
        FROM summed AS s
        CROSS JOIN LATERAL unnest(s.latency_counts) WITH ORDINALITY AS p (events, position)
        GROUP BY p.position
    ) AS c
),
folded AS (
    INSERT INTO workers (
        id, host, pid, started_at, seen_at, claimed, processed, error, dead_letter,
        latency_bounds, latency_counts, latency_sum
    )
    SELECT
        '00000000-0000-0000-0000-000000000000', 'gone', 0, min(s.started_at), max(s.seen_at),
        sum(s.claimed), sum(s.processed), sum(s.error), sum(s.dead_letter),
        (SELECT b.latency_bounds FROM summed AS b ORDER BY cardinality(b.latency_bounds) DESC LIMIT 1),
        max(c.latency_counts), sum(s.latency_sum)
    FROM summed AS s
    CROSS JOIN counts AS c
    WHERE EXISTS (SELECT 1 FROM gone)
    HAVING count(*) > 0
    ON CONFLICT (id) DO UPDATE SET
        seen_at = excluded.seen_at,
        claimed = excluded.claimed,
        processed = excluded.processed,
        error = excluded.error,
        dead_letter = excluded.dead_letter,
        latency_counts = excluded.latency_counts,
        latency_sum = excluded.latency_sum
)
SELECT count(*) FROM gone

-- name: expire_idempotency_keys
-- Forget answers that nobody will ask for again.
DELETE FROM idempotency_keys AS k
USING (
    SELECT e.customer_id, e.key_id, e.idempotency_key
    FROM idempotency_keys AS e
    WHERE e.created_at < %(before)s::timestamptz
    ORDER BY e.created_at
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
) AS d
WHERE k.customer_id = d.customer_id AND k.key_id = d.key_id
    AND k.idempotency_key = d.idempotency_key

-- name: expire_web_sessions
-- Forget logins that have ended by themselves.
DELETE FROM web_sessions AS s
USING (
    SELECT e.token_hash
    FROM web_sessions AS e
    WHERE e.expires_at < %(before)s::timestamptz
    ORDER BY e.expires_at
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
) AS d
WHERE s.token_hash = d.token_hash

-- name: forget_jobs
-- Forget some jobs that ended before a time; what they did stays, and is in the audit.
DELETE FROM jobs AS j
USING (
    SELECT e.customer_id, e.id
    FROM jobs AS e
    WHERE e.ended_at < %(before)s::timestamptz
    ORDER BY e.ended_at
    LIMIT %(limit)s::integer
) AS t
WHERE j.customer_id = t.customer_id AND j.id = t.id

-- name: forget_set_aside
-- Forget which changes consumers could not do before a time.
DELETE FROM changes_set_aside AS s
USING (
    SELECT o.consumer, o.seq
    FROM changes_set_aside AS o
    WHERE o.created_at < %(before)s::timestamptz
    LIMIT %(limit)s::integer
) AS t
WHERE s.consumer = t.consumer AND s.seq = t.seq
