-- name: record_audit
-- Note who changed what.
INSERT INTO audit (
    customer_id, id, agent_id, key_id, action, conversation_id, object_id, detail, request_id
)
SELECT
    %(customer_id)s::bigint, t.id, %(agent_id)s::uuid, %(key_id)s::uuid, t.action,
    t.conversation_id, t.object_id, t.detail, %(request_id)s::text
FROM unnest(
    %(ids)s::uuid[], %(actions)s::text[], %(conversation_ids)s::uuid[], %(object_ids)s::uuid[],
    %(details)s::jsonb[]
) AS t (id, action, conversation_id, object_id, detail)

-- name: list_audit
-- What was done, the latest first.
SELECT
    e.id, e.at, e.action, e.agent_id, a.name AS agent_name, e.key_id, e.conversation_id,
    e.object_id, e.detail, e.request_id
FROM audit AS e
LEFT JOIN agents AS a ON a.customer_id = e.customer_id AND a.id = e.agent_id
WHERE e.customer_id = %(customer_id)s
    AND e.id < %(before_id)s::uuid
    AND e.id > %(after_id)s::uuid
    AND e.at >= %(from_at)s::timestamptz
    AND e.at < %(until_at)s::timestamptz
ORDER BY e.id DESC
LIMIT %(row_count)s::bigint

-- name: list_audit_of_conversation
-- The same to one conversation, by its own index.
SELECT
    e.id, e.at, e.action, e.agent_id, a.name AS agent_name, e.key_id, e.conversation_id,
    e.object_id, e.detail, e.request_id
FROM audit AS e
LEFT JOIN agents AS a ON a.customer_id = e.customer_id AND a.id = e.agent_id
WHERE e.customer_id = %(customer_id)s
    AND e.conversation_id = %(conversation_id)s::uuid
    AND (%(object_id)s::uuid IS NULL OR e.object_id = %(object_id)s::uuid)
    AND (%(agent_id)s::uuid IS NULL OR e.agent_id = %(agent_id)s::uuid)
    AND (%(action)s::text IS NULL OR e.action = %(action)s::text)
    AND e.id < %(before_id)s::uuid
    AND e.id > %(after_id)s::uuid
    AND e.at >= %(from_at)s::timestamptz
    AND e.at < %(until_at)s::timestamptz
ORDER BY e.id DESC
LIMIT %(row_count)s::bigint

-- name: list_audit_of_object
-- The same to one object, by its own index.
SELECT
    e.id, e.at, e.action, e.agent_id, a.name AS agent_name, e.key_id, e.conversation_id,
    e.object_id, e.detail, e.request_id
FROM audit AS e
LEFT JOIN agents AS a ON a.customer_id = e.customer_id AND a.id = e.agent_id
WHERE e.customer_id = %(customer_id)s
    AND e.object_id = %(object_id)s::uuid
    AND (%(agent_id)s::uuid IS NULL OR e.agent_id = %(agent_id)s::uuid)
    AND (%(action)s::text IS NULL OR e.action = %(action)s::text)
    AND e.id < %(before_id)s::uuid
    AND e.id > %(after_id)s::uuid
    AND e.at >= %(from_at)s::timestamptz
    AND e.at < %(until_at)s::timestamptz
ORDER BY e.id DESC
LIMIT %(row_count)s::bigint

-- name: list_audit_of_agent
-- The same by one agent, by its own index.
SELECT
    e.id, e.at, e.action, e.agent_id, a.name AS agent_name, e.key_id, e.conversation_id,
    e.object_id, e.detail, e.request_id
FROM audit AS e
LEFT JOIN agents AS a ON a.customer_id = e.customer_id AND a.id = e.agent_id
WHERE e.customer_id = %(customer_id)s
    AND e.agent_id = %(agent_id)s::uuid
    AND (%(action)s::text IS NULL OR e.action = %(action)s::text)
    AND e.id < %(before_id)s::uuid
    AND e.id > %(after_id)s::uuid
    AND e.at >= %(from_at)s::timestamptz
    AND e.at < %(until_at)s::timestamptz
ORDER BY e.id DESC
LIMIT %(row_count)s::bigint

-- name: list_audit_of_action
-- The same of one kind, by its own index.
SELECT
    e.id, e.at, e.action, e.agent_id, a.name AS agent_name, e.key_id, e.conversation_id,
    e.object_id, e.detail, e.request_id
FROM audit AS e
LEFT JOIN agents AS a ON a.customer_id = e.customer_id AND a.id = e.agent_id
WHERE e.customer_id = %(customer_id)s
    AND e.action = %(action)s::text
    AND e.id < %(before_id)s::uuid
    AND e.id > %(after_id)s::uuid
    AND e.at >= %(from_at)s::timestamptz
    AND e.at < %(until_at)s::timestamptz
ORDER BY e.id DESC
LIMIT %(row_count)s::bigint

-- name: list_newest_history
-- What was done to a conversation and to those that became part of it, the latest first.
WITH RECURSIVE part (id) AS (
    SELECT %(conversation_id)s::uuid
    UNION
    SELECT m.from_id
    FROM part AS p
    JOIN conversation_merges AS m ON m.customer_id = %(customer_id)s AND m.into_id = p.id
)
SELECT
    e.id, e.at, e.action, e.agent_id, a.name AS agent_name, e.key_id, e.conversation_id,
    e.object_id, e.detail, e.request_id
FROM part AS p
CROSS JOIN LATERAL (
    SELECT
        e.id, e.at, e.action, e.agent_id, e.key_id, e.conversation_id, e.object_id, e.detail,
        e.request_id
    FROM audit AS e
    WHERE e.customer_id = %(customer_id)s
        AND e.conversation_id = p.id
        AND e.id < %(edge_id)s::uuid
    ORDER BY e.id DESC
    LIMIT %(row_count)s::bigint
) AS e
LEFT JOIN agents AS a ON a.customer_id = %(customer_id)s AND a.id = e.agent_id
ORDER BY e.id DESC
LIMIT %(row_count)s::bigint

-- name: list_oldest_history
-- The same, the earliest first.
WITH RECURSIVE part (id) AS (
    SELECT %(conversation_id)s::uuid
    UNION
    SELECT m.from_id
    FROM part AS p
    JOIN conversation_merges AS m ON m.customer_id = %(customer_id)s AND m.into_id = p.id
)
SELECT
    e.id, e.at, e.action, e.agent_id, a.name AS agent_name, e.key_id, e.conversation_id,
    e.object_id, e.detail, e.request_id
FROM part AS p
CROSS JOIN LATERAL (
    SELECT
        e.id, e.at, e.action, e.agent_id, e.key_id, e.conversation_id, e.object_id, e.detail,
        e.request_id
    FROM audit AS e
    WHERE e.customer_id = %(customer_id)s
        AND e.conversation_id = p.id
        AND e.id > %(edge_id)s::uuid
    ORDER BY e.id
    LIMIT %(row_count)s::bigint
) AS e
LEFT JOIN agents AS a ON a.customer_id = %(customer_id)s AND a.id = e.agent_id
ORDER BY e.id
LIMIT %(row_count)s::bigint
