-- name: advance_mark
-- Note how far an agent has read; never backwards. Nothing is returned where that was known.
INSERT INTO read_marks AS m (customer_id, agent_id, conversation_id, last_read_seq)
SELECT c.customer_id, %(agent_id)s::uuid, c.id, least(%(seq)s::integer, c.last_seq)
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s AND c.id = %(conversation_id)s::uuid
ON CONFLICT (customer_id, agent_id, conversation_id) DO UPDATE
SET last_read_seq = excluded.last_read_seq
WHERE m.last_read_seq < excluded.last_read_seq
RETURNING m.last_read_seq

-- name: put_mark
-- Set how far an agent has read, in either direction. Nothing is returned where that was known.
INSERT INTO read_marks AS m (customer_id, agent_id, conversation_id, last_read_seq)
SELECT c.customer_id, %(agent_id)s::uuid, c.id, least(%(seq)s::integer, c.last_seq)
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s AND c.id = %(conversation_id)s::uuid
ON CONFLICT (customer_id, agent_id, conversation_id) DO UPDATE
SET last_read_seq = excluded.last_read_seq
WHERE m.last_read_seq <> excluded.last_read_seq
RETURNING m.last_read_seq

-- name: find_mark
-- How far an agent has read.
SELECT m.last_read_seq
FROM read_marks AS m
WHERE m.customer_id = %(customer_id)s
    AND m.agent_id = %(agent_id)s::uuid
    AND m.conversation_id = %(conversation_id)s::uuid

-- name: find_last_read
-- Find how far an agent has read a conversation; NULL where it is of before their time.
SELECT
    c.last_inbound_seq,
    coalesce(r.last_read_seq, CASE WHEN c.last_activity_at >= a.read_from THEN 0 END)
FROM conversations AS c
LEFT JOIN agents AS a ON a.customer_id = c.customer_id AND a.id = %(agent_id)s::uuid
LEFT JOIN read_marks AS r
    ON r.customer_id = c.customer_id AND r.agent_id = a.id AND r.conversation_id = c.id
WHERE c.customer_id = %(customer_id)s AND c.id = %(conversation_id)s
