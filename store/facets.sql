-- name: count_facets
-- How many of some conversations, each given by a message of theirs, have each status, channel,
-- assignee, tag, and day of that message (in UTC); of each facet the most frequent values.
WITH found AS MATERIALIZED (
    SELECT
        c.id, c.status, c.channel_id, c.assignee_id,
        to_char(m.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day
    FROM unnest(%(message_ids)s::uuid[]) AS t (id)
    JOIN messages AS m ON m.customer_id = %(customer_id)s::bigint AND m.id = t.id
    JOIN conversations AS c ON c.customer_id = m.customer_id AND c.id = m.conversation_id
),
counted AS (
    SELECT 'status' AS facet, f.status AS value, NULL::text AS name, count(*) AS number
    FROM found AS f
    GROUP BY f.status
    UNION ALL
    SELECT 'channel', ch.id::text, ch.name, count(*)
    FROM found AS f
    JOIN channels AS ch ON ch.customer_id = %(customer_id)s::bigint AND ch.id = f.channel_id
    GROUP BY ch.id, ch.name
    UNION ALL
    SELECT 'assignee', coalesce(f.assignee_id::text, 'none'), ag.name, count(*)
    FROM found AS f
    LEFT JOIN agents AS ag ON ag.customer_id = %(customer_id)s::bigint AND ag.id = f.assignee_id
    GROUP BY f.assignee_id, ag.name
    UNION ALL
    SELECT 'tag', g.tag, NULL, count(*)
    FROM found AS f
    JOIN conversation_tags AS g
        ON g.customer_id = %(customer_id)s::bigint AND g.conversation_id = f.id
    GROUP BY g.tag
    UNION ALL
    SELECT 'day', f.day, NULL, count(*)
    FROM found AS f
    GROUP BY f.day
)
SELECT r.facet, r.value, r.name, r.number
FROM (
    SELECT
        c.facet, c.value, c.name, c.number,
        row_number() OVER (PARTITION BY c.facet ORDER BY c.number DESC, c.value) AS place
    FROM counted AS c
) AS r
WHERE r.place <= %(most_values)s::bigint
ORDER BY r.facet, r.place
