-- name: sum_raw_volume
-- What the roll-ups of a few days will have once they are up to date, counted from messages and audit, as
-- analytics.channel_volume and agent_activity define it.
WITH edges AS (
    SELECT
        %(first_day)s::date::timestamp AT TIME ZONE %(zone)s::text AS since,
        (%(last_day)s::date + 1)::timestamp AT TIME ZONE %(zone)s::text AS until
),
counted AS (
    SELECT f.figure, m.received_at AS at
    FROM edges AS e
    JOIN messages AS m ON m.received_at >= e.since AND m.received_at < e.until
    CROSS JOIN LATERAL (
        VALUES
            ('messages_in', m.direction = 'inbound'),
            ('messages_automatic', m.direction = 'inbound' AND m.is_automatic),
            (
                'messages_out',
                m.direction = 'outbound' AND m.status IN ('sent', 'delivered', 'read')
            ),
            ('conversations_new', m.seq = 1)
    ) AS f (figure, holds)
    WHERE m.customer_id = %(customer_id)s::bigint
        AND (%(channel_id)s::uuid IS NULL OR m.channel_id = %(channel_id)s::uuid)
        AND f.holds
    UNION ALL
    SELECT 'conversations_closed', a.at
    FROM edges AS e
    JOIN audit AS a ON a.at >= e.since AND a.at < e.until
    LEFT JOIN conversations AS c
        ON c.customer_id = a.customer_id AND c.id = a.conversation_id
    WHERE a.customer_id = %(customer_id)s::bigint
        AND a.action = 'conversation.status_changed' AND a.detail ->> 'to' = 'closed'
        AND (%(channel_id)s::uuid IS NULL OR c.channel_id = %(channel_id)s::uuid)
)
SELECT
    date_trunc(%(grain)s::text, c.at, %(zone)s::text) AS starts_at,
    '' AS group_key,
    c.figure,
    '' AS detail,
    count(*) AS amount
FROM counted AS c
GROUP BY 1, c.figure
