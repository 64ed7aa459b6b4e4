-- name: find_body
-- Find the text of a message.
SELECT b.text, m.body_format
FROM messages AS m
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE m.customer_id = %(customer_id)s AND m.id = %(message_id)s

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

-- name: find_next_wake
-- Find when the next snoozed conversation comes back.
SELECT min(c.snoozed_until)
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s AND c.status = 'snoozed'
