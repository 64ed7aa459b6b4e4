-- name: begin_chores
-- Say which of these chores are due, and move their times on: whoever does that does them.
WITH wanted AS (
    SELECT t.name, t.every_seconds
    FROM unnest(%(names)s::text[], %(every_seconds)s::double precision[]) AS t (name, every_seconds)
),
begun AS (
    UPDATE chore_runs AS r
    SET ran_at = now()
    FROM wanted AS w
    WHERE r.name = w.name AND r.ran_at <= now() - make_interval(secs => w.every_seconds)
    RETURNING r.name
),
added AS (
    INSERT INTO chore_runs (name, ran_at)
    SELECT w.name, now()
    FROM wanted AS w
    WHERE NOT EXISTS (SELECT 1 FROM chore_runs AS r WHERE r.name = w.name)
    ON CONFLICT (name) DO NOTHING
    RETURNING name
)
SELECT b.name, now() FROM begun AS b UNION ALL SELECT a.name, now() FROM added AS a

-- name: end_chore
-- Note how long a chore took and how much it did.
UPDATE chore_runs AS r
SET seconds = %(seconds)s::double precision, rows = %(rows)s::bigint
WHERE r.name = %(name)s::text

-- name: list_chores
-- When each chore last began, how long it took and how much it did.
SELECT
    r.name, extract(epoch FROM now() - r.ran_at)::double precision AS age_seconds, r.seconds, r.rows
FROM chore_runs AS r
ORDER BY r.name
