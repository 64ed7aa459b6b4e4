-- name: lock_handling
-- Hold a conversation, or the one that it became part of; several rows only where that just happened.
WITH RECURSIVE became (id, step) AS (
    SELECT %(conversation_id)s::uuid, 0
    UNION ALL
    SELECT m.into_id, b.step + 1
    FROM became AS b
    JOIN conversation_merges AS m ON m.customer_id = %(customer_id)s AND m.from_id = b.id
    WHERE b.step < 100
)
SELECT
    c.id, c.status, c.closed_at, c.snoozed_until, c.assignee_id, c.subject, c.version, c.last_seq
FROM became AS b
JOIN conversations AS c ON c.customer_id = %(customer_id)s AND c.id = b.id
ORDER BY b.step DESC
FOR NO KEY UPDATE OF c

-- name: hold_conversation
-- Keep a conversation, or the one that it became part of, from being merged away.
WITH RECURSIVE became (id, step) AS (
    SELECT %(conversation_id)s::uuid, 0
    UNION ALL
    SELECT m.into_id, b.step + 1
    FROM became AS b
    JOIN conversation_merges AS m ON m.customer_id = %(customer_id)s AND m.from_id = b.id
    WHERE b.step < 100
)
SELECT c.id
FROM became AS b
JOIN conversations AS c ON c.customer_id = %(customer_id)s AND c.id = b.id
ORDER BY b.step DESC
FOR KEY SHARE OF c

-- name: set_handling
-- Write how a conversation is handled from now on.
UPDATE conversations AS c
SET
    status = %(status)s,
    closed_at = %(closed_at)s::timestamptz,
    snoozed_until = %(snoozed_until)s::timestamptz,
    assignee_id = %(assignee_id)s::uuid,
    subject = %(subject)s::text,
    version = %(version)s::bigint
WHERE c.customer_id = %(customer_id)s AND c.id = %(id)s::uuid
