-- name: list_failure_groups
-- Failed attempts and dead letters by class and channel, of the latest so many of each.
WITH failed AS (
    SELECT f.event_id, f.error_class, f.failed_at
    FROM inbound_failures AS f
    WHERE f.customer_id = %(customer_id)s::bigint AND f.event_id >= %(from_id)s::uuid
    ORDER BY f.event_id DESC, f.attempt DESC
    LIMIT %(most)s::bigint
),
given_up AS (
    SELECT d.event_id, d.error_class, d.failed_at
    FROM dead_letters AS d
    WHERE d.customer_id = %(customer_id)s::bigint AND d.resolution IS NULL
    ORDER BY d.event_id DESC
    LIMIT %(most)s::bigint
),
both_kinds AS (
    SELECT f.event_id, f.error_class, f.failed_at, 1 AS attempts, 0 AS dead_letters
    FROM failed AS f
    UNION ALL
    SELECT g.event_id, g.error_class, g.failed_at, 0, 1
    FROM given_up AS g
)
SELECT
    b.error_class, e.channel_id, c.name AS channel_name, e.provider,
    count(DISTINCT b.event_id) AS events,
    sum(b.attempts)::bigint AS attempts,
    sum(b.dead_letters)::bigint AS dead_letters,
    min(b.failed_at) AS first_at,
    max(b.failed_at) AS last_at,
    (max(b.event_id::text))::uuid AS sample_id
FROM both_kinds AS b
CROSS JOIN LATERAL (
    SELECT e.channel_id, e.provider
    FROM inbound_events AS e
    WHERE e.customer_id = %(customer_id)s::bigint AND e.id = b.event_id
) AS e
JOIN channels AS c ON c.customer_id = %(customer_id)s::bigint AND c.id = e.channel_id
GROUP BY b.error_class, e.channel_id, c.name, e.provider
ORDER BY dead_letters DESC, attempts DESC, b.error_class, e.channel_id
LIMIT %(row_count)s::bigint
