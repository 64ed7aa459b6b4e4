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
-- Conversations with a message of which somebody has to decide.
SELECT DISTINCT u.conversation_id
FROM undecided_opt_outs AS u
WHERE u.customer_id = %(customer_id)s::bigint
LIMIT %(limit)s::integer
