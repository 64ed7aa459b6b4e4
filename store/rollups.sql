-- name: list_differing_figures
-- Which of these conversations add something else to their days than is kept of them: what they add by
-- their messages and the audit, as analytics.response_times, resolution_times, channel_volume, delivery
-- and agent_activity define it, beside what was added before.
WITH wanted AS MATERIALIZED (
    SELECT
        t.customer_id, t.conversation_id, k.zone, k.has_hours, c.id IS NOT NULL AS is_there,
        c.status, coalesce(c.channel_id, g.channel_id) AS channel_id,
        ARRAY(
            SELECT a.tag FROM conversation_tags AS a
            WHERE a.customer_id = t.customer_id AND a.conversation_id = t.conversation_id
            ORDER BY a.tag
        ) AS tags
    FROM unnest(%(customer_ids)s::bigint[], %(conversation_ids)s::uuid[])
        AS t (customer_id, conversation_id)
    JOIN (
        SELECT
            d.customer_id, calendar_zone(d.customer_id) AS zone,
            EXISTS (
                SELECT FROM opening_spans AS o WHERE o.customer_id = d.customer_id
            ) AS has_hours
        FROM (
            SELECT DISTINCT u.customer_id FROM unnest(%(customer_ids)s::bigint[]) AS u (customer_id)
        ) AS d
    ) AS k ON k.customer_id = t.customer_id
    LEFT JOIN conversations AS c ON c.customer_id = t.customer_id AND c.id = t.conversation_id
    LEFT JOIN conversation_merges AS g
        ON g.customer_id = t.customer_id AND g.from_id = t.conversation_id
),
said AS MATERIALIZED (
    SELECT
        w.customer_id, w.conversation_id, w.zone, w.has_hours, w.tags, m.id, m.seq, m.channel_id,
        m.agent_id, m.received_at,
        m.direction = 'inbound' AS is_inbound,
        m.is_automatic,
        m.direction = 'outbound' AND m.status IN ('sent', 'delivered', 'read') AS went_out,
        CASE WHEN m.direction = 'outbound' AND m.event_id IS NULL
            THEN concat_ws(':', m.status, m.failure_code) END AS delivery,
        min(m.received_at) FILTER (WHERE m.direction = 'inbound' AND NOT m.is_automatic)
            OVER of_conversation AS asked_at,
        first_value(m.channel_id) OVER (
            of_conversation
            ORDER BY m.direction = 'inbound' AND NOT m.is_automatic DESC, m.received_at, m.id
        ) AS asked_channel_id
    FROM wanted AS w
    JOIN messages AS m
        ON m.customer_id = w.customer_id AND m.conversation_id = w.conversation_id
    WINDOW of_conversation AS (PARTITION BY w.customer_id, w.conversation_id)
),
asked AS (
    SELECT DISTINCT ON (s.customer_id, s.conversation_id)
        s.customer_id, s.conversation_id, s.zone, s.has_hours, s.tags, s.asked_channel_id,
        s.asked_at
    FROM said AS s
    WHERE s.asked_at IS NOT NULL
    ORDER BY s.customer_id, s.conversation_id
),
answered AS (
    SELECT DISTINCT ON (s.customer_id, s.conversation_id)
        s.customer_id, s.conversation_id, s.zone, s.has_hours, s.tags, s.asked_channel_id,
        s.asked_at, s.agent_id, s.received_at AS answered_at
    FROM said AS s
    WHERE s.went_out AND s.received_at >= s.asked_at
    ORDER BY s.customer_id, s.conversation_id, s.received_at, s.id
),
done AS MATERIALIZED (
    SELECT
        w.customer_id, w.conversation_id, w.zone, w.has_hours, w.tags, w.channel_id, w.is_there,
        a.agent_id, a.at,
        a.action = 'note.created' AS is_note,
        a.action = 'conversation.status_changed' AND a.detail ->> 'to' = 'closed' AS closes,
        a.action = 'conversation.status_changed' AND a.detail ->> 'to' = 'spam' AS is_spam,
        a.action <> 'note.created' AND a.detail ->> 'from' = 'closed' AS opens
    FROM wanted AS w
    JOIN audit AS a
        ON a.customer_id = w.customer_id AND a.conversation_id = w.conversation_id
            AND a.action IN (
                'conversation.status_changed', 'conversation.snoozed', 'note.created'
            )
),
ends AS (
    SELECT
        e.customer_id, e.conversation_id, e.zone, e.has_hours, e.tags, e.channel_id, e.agent_id,
        e.at,
        max(e.at) OVER (
            PARTITION BY e.customer_id, e.conversation_id ORDER BY e.at
            GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS closed_before
    FROM (
        SELECT
            d.customer_id, d.conversation_id, d.zone, d.has_hours, d.tags, d.channel_id, d.agent_id,
            d.at
        FROM done AS d
        WHERE d.closes AND d.is_there
        UNION ALL
        SELECT
            w.customer_id, w.conversation_id, w.zone, w.has_hours, w.tags, w.channel_id, NULL, NULL
        FROM wanted AS w
        WHERE w.status NOT IN ('closed', 'spam')
    ) AS e
),
stretches AS MATERIALIZED (
    SELECT
        e.customer_id, e.conversation_id, e.zone, e.has_hours, e.tags, e.channel_id, e.agent_id,
        e.at AS closed_at, e.closed_before IS NULL AS is_first, coalesce(o.at, e.closed_before) AS opened_at
    FROM ends AS e
    CROSS JOIN LATERAL (
        SELECT min(t.at) AS at
        FROM (
            SELECT m.received_at AS at
            FROM messages AS m
            WHERE m.customer_id = e.customer_id AND m.conversation_id = e.conversation_id
                AND (
                    e.closed_before IS NULL
                    OR m.direction = 'inbound' AND NOT m.is_automatic
                        AND m.received_at > e.closed_before
                )
            UNION ALL
            SELECT a.at
            FROM audit AS a
            WHERE a.customer_id = e.customer_id AND a.conversation_id = e.conversation_id
                AND a.action IN ('conversation.status_changed', 'conversation.snoozed')
                AND a.detail ->> 'from' = 'closed' AND a.at > e.closed_before
        ) AS t
        WHERE e.at IS NULL OR t.at <= e.at
    ) AS o
    WHERE e.at IS NOT NULL OR e.closed_before IS NOT NULL
),
counted AS (
    SELECT
        s.customer_id, s.conversation_id, s.zone, s.has_hours, s.tags, s.received_at AS at,
        s.channel_id, s.agent_id, f.figure, f.detail, NULL::timestamptz AS since,
        NULL::timestamptz AS until
    FROM said AS s
    CROSS JOIN LATERAL (
        VALUES
            ('messages_in', '', s.is_inbound),
            ('messages_automatic', '', s.is_inbound AND s.is_automatic),
            ('messages_out', '', s.went_out),
            ('delivery', s.delivery, s.delivery IS NOT NULL),
            ('conversations_new', '', s.seq = 1)
    ) AS f (figure, detail, holds)
    WHERE f.holds
    UNION ALL
    SELECT
        d.customer_id, d.conversation_id, d.zone, d.has_hours, d.tags, d.at, d.channel_id,
        d.agent_id, f.figure, '', NULL, NULL
    FROM done AS d
    CROSS JOIN LATERAL (
        VALUES
            ('notes', d.is_note),
            ('conversations_closed', d.closes),
            ('conversations_spam', d.is_spam),
            ('agent_reopenings', d.opens AND NOT d.closes AND d.agent_id IS NOT NULL)
    ) AS f (figure, holds)
    WHERE f.holds
    UNION ALL
    SELECT
        a.customer_id, a.conversation_id, a.zone, a.has_hours, a.tags, a.asked_at,
        a.asked_channel_id, NULL, 'first_asked', '', NULL, NULL
    FROM asked AS a
    UNION ALL
    SELECT
        a.customer_id, a.conversation_id, a.zone, a.has_hours, a.tags, a.asked_at,
        a.asked_channel_id, a.agent_id, 'first_response', NULL, a.asked_at, a.answered_at
    FROM answered AS a
    UNION ALL
    SELECT
        t.customer_id, t.conversation_id, t.zone, t.has_hours, t.tags, t.opened_at, t.channel_id,
        NULL, 'conversations_reopened', '', NULL, NULL
    FROM stretches AS t
    WHERE NOT t.is_first
    UNION ALL
    SELECT
        t.customer_id, t.conversation_id, t.zone, t.has_hours, t.tags, t.closed_at, t.channel_id,
        t.agent_id, 'resolution', NULL, t.opened_at, t.closed_at
    FROM stretches AS t
    WHERE t.closed_at IS NOT NULL AND t.opened_at IS NOT NULL
),
timed AS (
    SELECT
        c.customer_id, c.conversation_id, c.tags, date_trunc('day', c.at, c.zone) AS day_starts_at,
        date_trunc('hour', c.at, c.zone) AS hour_starts_at, c.channel_id, c.agent_id,
        c.figure || l.suffix AS figure,
        coalesce(c.detail, class_of_duration(l.milliseconds)::text) AS detail,
        coalesce(l.milliseconds, 0) AS milliseconds
    FROM counted AS c
    CROSS JOIN LATERAL (
        SELECT '' AS suffix, round(extract(epoch FROM c.until - c.since) * 1000)::bigint AS milliseconds
        UNION ALL
        SELECT '_business', round(business_seconds(c.customer_id, c.since, c.until) * 1000)::bigint
        WHERE c.has_hours AND c.since IS NOT NULL
    ) AS l
),
grouped AS (
    SELECT
        t.customer_id, t.conversation_id, t.tags, t.day_starts_at, t.hour_starts_at, t.channel_id,
        t.agent_id, t.figure, t.detail, count(*) AS amount, sum(t.milliseconds)::bigint AS milliseconds
    FROM timed AS t
    GROUP BY
        t.customer_id, t.conversation_id, t.tags, t.day_starts_at, t.hour_starts_at, t.channel_id,
        t.agent_id, t.figure, t.detail
),
due AS (
    SELECT
        g.customer_id, g.conversation_id, g.day_starts_at, g.tags,
        array_agg(
            ROW(
                g.hour_starts_at, g.channel_id, g.agent_id, g.figure, g.detail, g.amount,
                g.milliseconds
            )::rolled_figure
            ORDER BY g.hour_starts_at, g.figure, g.detail, g.channel_id, g.agent_id
        ) AS figures
    FROM grouped AS g
    GROUP BY g.customer_id, g.conversation_id, g.day_starts_at, g.tags
),
kept AS (
    SELECT f.customer_id, f.conversation_id, f.day_starts_at, f.tags, f.figures
    FROM wanted AS w
    JOIN conversation_figures AS f
        ON f.customer_id = w.customer_id AND f.conversation_id = w.conversation_id
)
SELECT
    customer_id, conversation_id, day_starts_at, d.tags::text, d.figures::text, k.tags::text,
    k.figures::text
FROM due AS d
FULL JOIN kept AS k USING (customer_id, conversation_id, day_starts_at)
WHERE (d.tags, d.figures) IS DISTINCT FROM (k.tags, k.figures)

-- name: write_figures
-- Keep what conversations add to their days from now on, and add it to the roll-ups instead of what
-- they added before; unless the roll-ups of their days are added up anew afterwards.
WITH given AS MATERIALIZED (
    SELECT
        t.customer_id, t.conversation_id, t.day_starts_at, t.tags::text[] AS tags,
        t.figures::rolled_figure[] AS figures, t.old_tags::text[] AS old_tags,
        t.old_figures::rolled_figure[] AS old_figures
    FROM unnest(
        %(customer_ids)s::bigint[], %(conversation_ids)s::uuid[], %(days)s::timestamptz[],
        %(tags)s::text[], %(figures)s::text[], %(old_tags)s::text[], %(old_figures)s::text[]
    ) AS t (
        customer_id, conversation_id, day_starts_at, tags, figures, old_tags, old_figures
    )
),
added AS (
    SELECT
        s.customer_id, s.day_starts_at, f.hour_starts_at, s.tags, f.channel_id, f.agent_id, f.figure,
        f.detail, sum(s.sign * f.amount) AS amount, sum(s.sign * f.milliseconds) AS milliseconds
    FROM (
        SELECT n.customer_id, n.day_starts_at, n.tags, n.figures, 1 AS sign FROM given AS n
        UNION ALL
        SELECT o.customer_id, o.day_starts_at, o.old_tags, o.old_figures, -1 FROM given AS o
    ) AS s
    CROSS JOIN LATERAL unnest(s.figures) AS f
    WHERE %(adds_up)s::boolean
    GROUP BY
        s.customer_id, s.day_starts_at, f.hour_starts_at, s.tags, f.channel_id, f.agent_id, f.figure,
        f.detail
    HAVING sum(s.sign * f.amount) <> 0 OR sum(s.sign * f.milliseconds) <> 0
),
removed AS (
    DELETE FROM conversation_figures AS f
    USING given AS g
    WHERE g.figures IS NULL
        AND f.customer_id = g.customer_id AND f.conversation_id = g.conversation_id
        AND f.day_starts_at IS NOT DISTINCT FROM g.day_starts_at -- not by the index of days
),
kept AS (
    INSERT INTO conversation_figures (
        customer_id, conversation_id, day_starts_at, tags, figures
    )
    SELECT g.customer_id, g.conversation_id, g.day_starts_at, g.tags, g.figures
    FROM given AS g
    WHERE g.figures IS NOT NULL
    ON CONFLICT (customer_id, conversation_id, day_starts_at) DO UPDATE SET
        tags = excluded.tags, figures = excluded.figures
)
INSERT INTO rollups AS r (
    customer_id, grain, grouped_by, figure, group_key, starts_at, detail, amount, milliseconds
)
SELECT
    a.customer_id, k.grain, k.grouped_by, a.figure, k.group_key, k.starts_at, a.detail,
    sum(a.amount), sum(a.milliseconds)
FROM added AS a
CROSS JOIN LATERAL rollup_keys(
    a.day_starts_at, a.hour_starts_at, a.tags, a.channel_id, a.agent_id
) AS k
GROUP BY
    a.customer_id, k.grain, k.grouped_by, a.figure, k.group_key, k.starts_at, a.detail
HAVING sum(a.amount) <> 0 OR sum(a.milliseconds) <> 0
ORDER BY
    a.customer_id, k.grain, k.grouped_by, a.figure, k.group_key, k.starts_at, a.detail
ON CONFLICT (customer_id, grain, grouped_by, figure, group_key, starts_at, detail) DO UPDATE SET
    amount = r.amount + excluded.amount, milliseconds = r.milliseconds + excluded.milliseconds

-- name: note_refresh
-- Note that figures were brought up to date, and how long that took.
INSERT INTO rollup_refreshes (started_at, reason, changes, conversations, rows, seconds)
VALUES (
    now(), %(reason)s::text, %(changes)s::integer, %(conversations)s::integer, %(rows)s::integer,
    extract(epoch FROM clock_timestamp() - now())
)

-- name: forget_refreshes
-- Forget some of the refreshes before a time.
DELETE FROM rollup_refreshes AS r
USING (
    SELECT o.id
    FROM rollup_refreshes AS o
    WHERE o.started_at < %(before)s::timestamptz
    ORDER BY o.id
    LIMIT %(limit)s::integer
) AS d
WHERE r.id = d.id
