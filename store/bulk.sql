-- name: hold_set
-- Hold these conversations, in order, and say how they were before.
SELECT c.id, c.status, c.assignee_id
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])
ORDER BY c.id
FOR NO KEY UPDATE

-- name: tag_set
-- Put a tag on those that have not got it, nor as many as are allowed.
INSERT INTO conversation_tags (customer_id, conversation_id, tag)
SELECT %(customer_id)s::bigint, t.id, %(tag)s::text
FROM unnest(%(ids)s::uuid[]) AS t (id)
WHERE (
    SELECT count(*)
    FROM conversation_tags AS g
    WHERE g.customer_id = %(customer_id)s::bigint AND g.conversation_id = t.id
) < %(most)s::bigint
ON CONFLICT DO NOTHING
RETURNING conversation_id

-- name: list_without_tag
-- Those on which the tag is not, because they have too many.
SELECT t.id
FROM unnest(%(ids)s::uuid[]) AS t (id)
WHERE NOT EXISTS (
    SELECT 1
    FROM conversation_tags AS g
    WHERE g.customer_id = %(customer_id)s::bigint AND g.conversation_id = t.id
        AND g.tag = %(tag)s::text
)

-- name: untag_set
-- Take a tag off.
DELETE FROM conversation_tags AS g
WHERE g.customer_id = %(customer_id)s::bigint AND g.conversation_id = ANY(%(ids)s::uuid[])
    AND g.tag = %(tag)s::text
RETURNING g.conversation_id

-- name: change_set
-- Write status and assignee where they differ, and a version where anything does.
UPDATE conversations AS c
SET
    status = coalesce(%(status)s::text, c.status),
    closed_at = CASE
        WHEN %(status)s::text IS NULL THEN c.closed_at
        WHEN %(status)s::text = 'closed' THEN coalesce(c.closed_at, %(now)s::timestamptz)
    END,
    snoozed_until = CASE WHEN %(status)s::text IS NULL THEN c.snoozed_until END,
    assignee_id = CASE
        WHEN %(assigns)s::boolean THEN %(assignee_id)s::uuid
        ELSE c.assignee_id
    END,
    version = c.version + 1
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])
    AND (
        c.status <> %(status)s::text
        OR (%(assigns)s::boolean AND c.assignee_id IS DISTINCT FROM %(assignee_id)s::uuid)
        OR c.id = ANY(%(touched_ids)s::uuid[])
    )
RETURNING c.id, c.version

-- name: read_set
-- Mark all of these conversations as read by an agent, where they are not.
INSERT INTO read_marks AS m (customer_id, agent_id, conversation_id, last_read_seq)
SELECT c.customer_id, %(agent_id)s::uuid, c.id, c.last_seq
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])
ORDER BY c.id
ON CONFLICT (customer_id, agent_id, conversation_id) DO UPDATE
SET last_read_seq = excluded.last_read_seq
WHERE m.last_read_seq < excluded.last_read_seq
RETURNING m.conversation_id, m.last_read_seq
