-- name: read_lanes
-- How much waits in each lane, counted so far and no further, and since when its first was due.
SELECT l.lane, c.depth, f.next_attempt_at
FROM generate_series(0, 3) AS l (lane)
CROSS JOIN LATERAL (
    SELECT count(*) AS depth
    FROM (
        SELECT 1
        FROM inbound_queue AS q
        WHERE q.lane = l.lane
        LIMIT %(most)s::bigint
    ) AS counted
) AS c
LEFT JOIN LATERAL (
    SELECT q.next_attempt_at
    FROM inbound_queue AS q
    WHERE q.lane = l.lane
    ORDER BY q.next_attempt_at
    LIMIT 1
) AS f ON true
ORDER BY l.lane

-- name: list_workers
-- The worker processes that reported last.
SELECT
    w.id, w.host, w.pid, w.version, w.started_at, w.seen_at, w.claimed, w.processed,
    w.error AS failed, w.dead_letter AS dead_letters
FROM workers AS w
WHERE w.seen_at > now() - %(seconds)s::double precision * interval '1 second'
ORDER BY w.seen_at DESC, w.id
LIMIT %(row_count)s::bigint

-- name: list_web_processes
-- The web processes that reported last, and those whose disk still holds events.
SELECT
    p.id, p.host, p.pid, p.version, p.started_at, p.seen_at, p.accepted, p.duplicates,
    p.rejected, p.unavailable, p.spool_rows, p.spool_bytes, p.spool_oldest_at, p.waiting_rows,
    p.streams, p.commit_ms
FROM web_processes AS p
WHERE p.seen_at > now() - %(seconds)s::double precision * interval '1 second'
    OR p.spool_rows > 0
ORDER BY p.seen_at DESC, p.id
LIMIT %(row_count)s::bigint

-- name: read_database
-- What time it is there, its version, and how long its longest transaction has been open.
SELECT
    clock_timestamp(),
    current_setting('server_version'),
    longest_transaction_seconds()

-- name: read_outbox_lags
-- For every follower of the outbox, when the first row was written that it has not come to, since
-- when it is off, and whether it lacks what the outbox no longer tells.
SELECT c.consumer, o.created_at AS waiting_since, c.off_since, c.has_missed
FROM outbox_cursors AS c
LEFT JOIN LATERAL (
    SELECT o.created_at
    FROM outbox AS o
    WHERE (o.xid, o.seq) > (c.xid, c.seq)
    ORDER BY o.xid, o.seq
    LIMIT 1
) AS o ON true
WHERE c.consumer <> 'pruned'
ORDER BY c.consumer

-- name: count_dead_letters
-- How many dead letters of a customer wait for somebody, counted so far and no further.
SELECT count(*)
FROM (
    SELECT 1
    FROM dead_letters AS d
    WHERE d.customer_id = %(customer_id)s::bigint AND d.resolution IS NULL
    LIMIT %(most)s::bigint
) AS counted

-- name: count_failed_attempts
-- How often a customer's latest events failed of late, by class; the most frequent first.
SELECT f.error_class, count(*) AS attempts
FROM (
    SELECT f.error_class, f.failed_at
    FROM inbound_failures AS f
    WHERE f.customer_id = %(customer_id)s::bigint
    ORDER BY f.event_id DESC, f.attempt DESC
    LIMIT %(most)s::bigint
) AS f
WHERE f.failed_at > now() - %(seconds)s::double precision * interval '1 second'
GROUP BY f.error_class
ORDER BY attempts DESC, f.error_class

-- name: count_set_aside
-- How many changes each follower of the outbox could not do of late, by class.
SELECT s.consumer, s.error_class, count(*) AS changes
FROM (
    SELECT s.consumer, s.error_class
    FROM changes_set_aside AS s
    WHERE s.created_at > now() - %(seconds)s::double precision * interval '1 second'
    LIMIT %(most)s::bigint
) AS s
GROUP BY s.consumer, s.error_class
ORDER BY changes DESC, s.consumer, s.error_class
