-- name: list_differing_rollups
-- How much is missing in the roll-ups of a span of whole days, by what conversations add to them.
WITH due AS (
    SELECT
        k.grain, k.grouped_by, f.figure, k.group_key, k.starts_at, f.detail,
        sum(f.amount) AS amount, sum(f.milliseconds) AS milliseconds
    FROM conversation_figures AS c
    CROSS JOIN LATERAL unnest(c.figures) AS f
    CROSS JOIN LATERAL rollup_keys(
        c.day_starts_at, f.hour_starts_at, c.tags, f.channel_id, f.agent_id
    ) AS k
    WHERE c.customer_id = %(customer_id)s::bigint
        AND c.day_starts_at >= %(from_day)s::timestamptz
        AND c.day_starts_at < %(until_day)s::timestamptz
    GROUP BY k.grain, k.grouped_by, f.figure, k.group_key, k.starts_at, f.detail
),
kept AS (
    SELECT
        r.grain, r.grouped_by, r.figure, r.group_key, r.starts_at, r.detail, r.amount,
        r.milliseconds
    FROM rollups AS r
    WHERE r.customer_id = %(customer_id)s::bigint
        AND r.starts_at >= %(from_day)s::timestamptz AND r.starts_at < %(until_day)s::timestamptz
)
SELECT
    grain, grouped_by, figure, group_key, starts_at, detail,
    (coalesce(d.amount, 0) - coalesce(k.amount, 0))::bigint,
    (coalesce(d.milliseconds, 0) - coalesce(k.milliseconds, 0))::bigint
FROM due AS d
FULL JOIN kept AS k USING (grain, grouped_by, figure, group_key, starts_at, detail)
WHERE coalesce(d.amount, 0) <> coalesce(k.amount, 0)
    OR coalesce(d.milliseconds, 0) <> coalesce(k.milliseconds, 0)

-- name: correct_rollups
-- Add to roll-ups what is missing in them.
INSERT INTO rollups AS r (
    customer_id, grain, grouped_by, figure, group_key, starts_at, detail, amount, milliseconds
)
SELECT
    %(customer_id)s::bigint, t.grain, t.grouped_by, t.figure, t.group_key, t.starts_at, t.detail,
    t.amount, t.milliseconds
FROM unnest(
    %(grains)s::text[], %(grouped_bys)s::text[], %(figures)s::text[], %(group_keys)s::text[],
    %(times)s::timestamptz[], %(details)s::text[], %(amounts)s::bigint[],
    %(milliseconds)s::bigint[]
) AS t (grain, grouped_by, figure, group_key, starts_at, detail, amount, milliseconds)
ON CONFLICT (customer_id, grain, grouped_by, figure, group_key, starts_at, detail) DO UPDATE SET
    amount = r.amount + excluded.amount, milliseconds = r.milliseconds + excluded.milliseconds

-- name: remove_empty
-- What is 0 needs no row.
DELETE FROM rollups AS r
WHERE r.customer_id = %(customer_id)s::bigint
    AND r.starts_at >= %(from_day)s::timestamptz AND r.starts_at < %(until_day)s::timestamptz
    AND r.amount = 0 AND r.milliseconds = 0

-- name: list_conversations_to_count
-- The next ids that conversations have or had: of what is there, was counted, or was merged away.
SELECT t.id
FROM (
    (
        SELECT c.id FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s::bigint AND c.id > %(after_id)s::uuid
        ORDER BY c.id LIMIT %(limit)s::integer
    )
    UNION
    (
        SELECT DISTINCT f.conversation_id FROM conversation_figures AS f
        WHERE f.customer_id = %(customer_id)s::bigint AND f.conversation_id > %(after_id)s::uuid
        ORDER BY f.conversation_id LIMIT %(limit)s::integer
    )
    UNION
    (
        SELECT g.from_id FROM conversation_merges AS g
        WHERE g.customer_id = %(customer_id)s::bigint AND g.from_id > %(after_id)s::uuid
        ORDER BY g.from_id LIMIT %(limit)s::integer
    )
) AS t (id)
ORDER BY t.id
LIMIT %(limit)s::integer

-- name: next_span
-- The day before which a span ends that begins with the next day for which anything is counted, and
-- has as many rows as may be, or that day alone; no row where nothing is behind it.
SELECT b.day_starts_at
FROM (
    SELECT a.day_starts_at
    FROM conversation_figures AS a
    WHERE a.customer_id = %(customer_id)s::bigint
        AND a.day_starts_at >= %(from_day)s::timestamptz
    ORDER BY a.day_starts_at
    LIMIT 1
) AS f
CROSS JOIN (
    SELECT n.day_starts_at
    FROM conversation_figures AS n
    WHERE n.customer_id = %(customer_id)s::bigint
        AND n.day_starts_at >= %(from_day)s::timestamptz
    ORDER BY n.day_starts_at
    OFFSET %(rows)s::integer
    LIMIT 1
) AS l
CROSS JOIN LATERAL (
    SELECT e.day_starts_at
    FROM conversation_figures AS e
    WHERE e.customer_id = %(customer_id)s::bigint
        AND e.day_starts_at >= l.day_starts_at AND e.day_starts_at > f.day_starts_at
    ORDER BY e.day_starts_at
    LIMIT 1
) AS b
