-- name: count_views
-- How many conversations are in each view; counts stop at `most`, and views not asked for are 0.
-- What is unread is counted among the latest ones of each channel and status, `window` in all.
WITH me AS (
    SELECT ag.id, ag.read_from
    FROM agents AS ag
    WHERE ag.customer_id = %(customer_id)s AND ag.id = %(viewer_id)s::uuid
),
one AS (
    SELECT ch.id AS channel_id, wanted.status, count(*) OVER () AS pairs
    FROM channels AS ch
    CROSS JOIN (VALUES ('open'), ('pending')) AS wanted (status)
    WHERE ch.customer_id = %(customer_id)s AND 'unread' = ANY (%(views)s::text[])
),
unread AS (
    SELECT sum(seen.unread) AS number, bool_or(seen.looked_at = seen.most) AS is_cut_short
    FROM one
    CROSS JOIN me
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (
                WHERE latest.last_inbound_seq > coalesce(r.last_read_seq, 0)
                  AND (r.last_read_seq IS NOT NULL OR latest.last_activity_at >= me.read_from)
            ) AS unread,
            count(*) AS looked_at, 1 + %(window)s::bigint / one.pairs AS most
        FROM (
            SELECT c.id, c.last_inbound_seq, c.last_activity_at
            FROM conversations AS c
            WHERE c.customer_id = %(customer_id)s
              AND c.channel_id = one.channel_id
              AND c.status = one.status
            ORDER BY c.last_activity_at DESC, c.id DESC
            LIMIT 1 + %(window)s::bigint / one.pairs
        ) AS latest
        LEFT JOIN LATERAL (
            SELECT r.last_read_seq FROM read_marks AS r
            WHERE r.customer_id = %(customer_id)s
              AND r.agent_id = me.id AND r.conversation_id = latest.id
            OFFSET 0
        ) AS r ON true
    ) AS seen
),
by_status AS (
    SELECT asked.status, (
        SELECT count(*) FROM (
            SELECT
            FROM channels AS ch
            JOIN conversations AS c
                ON c.customer_id = ch.customer_id AND c.channel_id = ch.id
            WHERE ch.customer_id = %(customer_id)s AND c.status = asked.status
            LIMIT %(most)s::bigint
        ) AS counted
    ) AS number
    FROM unnest(ARRAY['open', 'pending', 'snoozed', 'closed', 'spam']) AS asked (status)
    WHERE asked.status = ANY (%(views)s::text[])
)
SELECT 'mine' AS view, least(sum(part.number), %(most)s::bigint)::bigint AS number, false AS is_cut_short
FROM (VALUES ('open'), ('pending')) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s
          AND c.assignee_id = %(viewer_id)s::uuid AND c.status = wanted.status
        LIMIT %(most)s::bigint
    ) AS counted
) AS part
WHERE 'mine' = ANY (%(views)s::text[])
UNION ALL
SELECT 'unassigned', least(sum(part.number), %(most)s::bigint)::bigint, false
FROM (VALUES ('open'), ('pending')) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s
          AND c.assignee_id IS NULL AND c.status = wanted.status
        LIMIT %(most)s::bigint
    ) AS counted
) AS part
WHERE 'unassigned' = ANY (%(views)s::text[])
UNION ALL
SELECT 'needs_reply', count(*), false
FROM (
    SELECT FROM conversations AS c
    WHERE c.customer_id = %(customer_id)s
      AND c.waiting_since IS NOT NULL AND c.status IN ('open', 'pending')
      AND 'needs_reply' = ANY (%(views)s::text[])
    LIMIT %(most)s::bigint
) AS counted
UNION ALL
SELECT 'unread', least(coalesce(u.number, 0), %(most)s::bigint)::bigint, coalesce(u.is_cut_short, false)
FROM unread AS u
UNION ALL
SELECT s.status, s.number, false FROM by_status AS s
