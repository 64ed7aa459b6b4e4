-- name: find_hint
-- Whom a message is from and by which channel, and whether somebody has to decide of it.
SELECT
    m.conversation_id, m.seq, a.kind, a.value, a.contact_id, m.channel_id, m.direction = 'inbound',
    EXISTS (
        SELECT FROM undecided_opt_outs AS u
        WHERE u.customer_id = m.customer_id AND u.message_id = m.id
    )
FROM messages AS m
JOIN addresses AS a ON a.customer_id = m.customer_id AND a.hash = m.from_hash
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = %(message_id)s::uuid

-- name: dismiss
-- Note that a message is no opt-out, and let its conversation have changed.
WITH noted AS (
    INSERT INTO opt_out_dismissals (customer_id, message_id, agent_id)
    VALUES (%(customer_id)s::bigint, %(message_id)s::uuid, %(agent_id)s::uuid)
    ON CONFLICT DO NOTHING
    RETURNING customer_id
)
UPDATE conversations AS c
SET version = c.version + 1
FROM noted AS n
WHERE c.customer_id = n.customer_id AND c.id = %(conversation_id)s::uuid
RETURNING c.version

-- name: list_undecided
-- Conversations of whose texts somebody has to decide, among the latest that may be opt-outs.
-- OFFSET 0 keeps the look at each from becoming a look at all that were ever decided.
SELECT DISTINCT n.conversation_id
FROM (
    SELECT m.customer_id, m.id, m.conversation_id
    FROM messages AS m
    WHERE m.customer_id = %(customer_id)s::bigint AND m.may_opt_out
    ORDER BY m.id DESC
    LIMIT %(most)s::integer
) AS n
WHERE EXISTS (
    SELECT FROM undecided_opt_outs AS u
    WHERE u.customer_id = n.customer_id AND u.message_id = n.id
    OFFSET 0
)
