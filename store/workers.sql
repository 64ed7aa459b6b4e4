-- name: report_worker
-- Say what a worker has done since it started.
INSERT INTO workers (
    id, host, pid, started_at, claimed, processed, error, dead_letter,
    latency_bounds, latency_counts, latency_sum, version
)
VALUES (
    %(id)s, %(host)s, %(pid)s, %(started_at)s, %(claimed)s, %(processed)s, %(error)s,
    %(dead_letter)s, %(latency_bounds)s, %(latency_counts)s, %(latency_sum)s,
    %(version)s
)
ON CONFLICT (id) DO UPDATE SET
    seen_at = now(),
    claimed = excluded.claimed,
    processed = excluded.processed,
    error = excluded.error,
    dead_letter = excluded.dead_letter,
    latency_counts = excluded.latency_counts,
    latency_sum = excluded.latency_sum

-- name: worker_totals
-- What all workers together have done.
SELECT
    coalesce(sum(w.claimed), 0)::bigint,
    coalesce(sum(w.processed), 0)::bigint,
    coalesce(sum(w.error), 0)::bigint,
    coalesce(sum(w.dead_letter), 0)::bigint,
    coalesce(sum(w.latency_sum), 0)::double precision,
    max(w.seen_at)
FROM workers AS w

-- name: worker_latencies
-- How long events took from receipt to commit, all workers together.
SELECT l.position, b.bound, l.events
FROM (
    SELECT c.position, sum(c.events)::bigint AS events
    FROM workers AS w
    CROSS JOIN LATERAL unnest(w.latency_counts) WITH ORDINALITY AS c (events, position)
    GROUP BY c.position
) AS l
LEFT JOIN (
    SELECT o.position, max(o.bound) AS bound
    FROM workers AS w
    CROSS JOIN LATERAL unnest(w.latency_bounds) WITH ORDINALITY AS o (bound, position)
    GROUP BY o.position
) AS b ON b.position = l.position
ORDER BY l.position
