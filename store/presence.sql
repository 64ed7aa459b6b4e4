-- name: conversation_exists
-- Say whether a customer has a conversation.
SELECT EXISTS (
    SELECT 1 FROM conversations AS c
    WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(conversation_id)s::uuid
)

-- name: names_of_agents
-- Read the names of some agents.
SELECT a.id, a.name
FROM agents AS a
WHERE a.customer_id = %(customer_id)s::bigint AND a.id = ANY (%(ids)s::uuid[])
