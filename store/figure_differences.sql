-- name: figures_are_near
-- Whether a customer's figures can be compared: roll-ups are on and lack nothing, have at most so many
-- changes before them, none of the calendar, and are not being made again.
SELECT c.off_since IS NULL AND NOT c.has_missed
    AND NOT EXISTS (
        SELECT FROM rollup_rebuilds AS b WHERE b.customer_id = %(customer_id)s::bigint
    )
    AND (
        SELECT count(*) <= %(most)s::bigint AND count(*) FILTER (
            WHERE w.type = 'calendar.updated' AND w.customer_id = %(customer_id)s::bigint
        ) = 0
        FROM (
            SELECT o.type, o.customer_id
            FROM outbox AS o
            WHERE (o.xid, o.seq) > (c.xid, c.seq)
            LIMIT %(most)s::bigint + 1
        ) AS w
    )
FROM outbox_cursors AS c
WHERE c.consumer = 'rollups'

-- name: list_counted
-- Which of these conversations no change waits for, and for which none was set aside.
WITH waiting AS MATERIALIZED (
    SELECT o.conversation_id, o.object_id
    FROM outbox_cursors AS c
    JOIN outbox AS o ON (o.xid, o.seq) > (c.xid, c.seq)
    WHERE c.consumer = 'rollups' AND o.customer_id = %(customer_id)s::bigint
)
SELECT t.id::text
FROM unnest(%(ids)s::uuid[]) AS t (id)
WHERE NOT EXISTS (SELECT FROM waiting AS w WHERE t.id IN (w.conversation_id, w.object_id))
    AND NOT EXISTS (
        SELECT FROM changes_set_aside AS s
        WHERE s.consumer = 'rollups' AND s.customer_id = %(customer_id)s::bigint
            AND s.conversation_id = t.id
    )

-- name: list_small_days
-- Of these days those with no more than so many conversations, and when they end.
SELECT d.id, d.from_day, d.until_day
FROM (
    SELECT
        t.id, t.id::timestamptz AS from_day,
        date_trunc(
            'day', t.id::timestamptz + interval '36 hours',
            calendar_zone(%(customer_id)s::bigint)
        ) AS until_day
    FROM unnest(%(ids)s::text[]) AS t (id)
) AS d
WHERE (
    SELECT count(*)
    FROM (
        SELECT
        FROM conversation_figures AS f
        WHERE f.customer_id = %(customer_id)s::bigint
            AND f.day_starts_at >= d.from_day AND f.day_starts_at < d.until_day
        LIMIT %(most)s::bigint + 1
    ) AS found
) <= %(most)s::bigint
ORDER BY d.from_day
