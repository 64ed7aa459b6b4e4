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

-- name: wake_snoozed
-- Open conversations whose time has come, and tell those who follow.
WITH due AS (
    SELECT c.customer_id, c.id
    FROM conversations AS c
    WHERE c.status = 'snoozed' AND c.snoozed_until <= %(now)s::timestamptz
    ORDER BY c.snoozed_until
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
),
woken AS (
    UPDATE conversations AS c
    SET status = 'open', snoozed_until = NULL, version = c.version + 1
    FROM due AS d
    WHERE c.customer_id = d.customer_id AND c.id = d.id
    RETURNING c.customer_id, c.id, c.version
),
told AS (
    INSERT INTO outbox (customer_id, type, conversation_id, version)
    SELECT w.customer_id, 'conversation.updated', w.id, w.version FROM woken AS w
)
SELECT w.customer_id, w.id FROM woken AS w ORDER BY w.customer_id, w.id

-- name: find_next_waking
-- When the next conversation is to wake.
SELECT c.snoozed_until
FROM conversations AS c
WHERE c.status = 'snoozed'
ORDER BY c.snoozed_until
LIMIT 1

-- name: expire_idempotency_keys
-- Forget answers that nobody will ask for again.
DELETE FROM idempotency_keys AS k
USING (
    SELECT e.customer_id, e.key_id, e.idempotency_key
    FROM idempotency_keys AS e
    WHERE e.created_at < %(before)s::timestamptz
    ORDER BY e.created_at
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
) AS d
WHERE k.customer_id = d.customer_id AND k.key_id = d.key_id
    AND k.idempotency_key = d.idempotency_key

-- name: expire_web_sessions
-- Forget logins that have ended by themselves.
DELETE FROM web_sessions AS s
USING (
    SELECT e.token_hash
    FROM web_sessions AS e
    WHERE e.expires_at < %(before)s::timestamptz
    ORDER BY e.expires_at
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
) AS d
WHERE s.token_hash = d.token_hash
