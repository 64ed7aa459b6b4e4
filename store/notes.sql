-- name: insert_note
-- Keep a note.
INSERT INTO notes AS n (customer_id, id, conversation_id, agent_id, text)
VALUES (
    %(customer_id)s, %(id)s::uuid, %(conversation_id)s::uuid, %(agent_id)s::uuid, %(text)s::text
)
RETURNING
    n.id, n.conversation_id, n.agent_id,
    (
        SELECT a.name FROM agents AS a
        WHERE a.customer_id = n.customer_id AND a.id = n.agent_id
    ) AS agent_name,
    n.text, n.created_at

-- name: list_newest_notes
-- One page of a conversation's notes, the latest first.
SELECT n.id, n.conversation_id, n.agent_id, a.name AS agent_name, n.text, n.created_at
FROM notes AS n
LEFT JOIN agents AS a ON a.customer_id = n.customer_id AND a.id = n.agent_id
WHERE n.customer_id = %(customer_id)s
    AND n.conversation_id = %(conversation_id)s::uuid
    AND n.id < %(edge_id)s::uuid
ORDER BY n.id DESC
LIMIT %(row_count)s::bigint

-- name: list_oldest_notes
-- One page of a conversation's notes, the earliest first.
SELECT n.id, n.conversation_id, n.agent_id, a.name AS agent_name, n.text, n.created_at
FROM notes AS n
LEFT JOIN agents AS a ON a.customer_id = n.customer_id AND a.id = n.agent_id
WHERE n.customer_id = %(customer_id)s
    AND n.conversation_id = %(conversation_id)s::uuid
    AND n.id > %(edge_id)s::uuid
ORDER BY n.id
LIMIT %(row_count)s::bigint

-- name: find_note
-- Find a note.
SELECT n.id, n.conversation_id, n.agent_id, a.name AS agent_name, n.text, n.created_at
FROM notes AS n
LEFT JOIN agents AS a ON a.customer_id = n.customer_id AND a.id = n.agent_id
WHERE n.customer_id = %(customer_id)s::bigint AND n.id = %(id)s::uuid
