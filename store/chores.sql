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
