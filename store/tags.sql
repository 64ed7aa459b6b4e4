-- name: insert_tag
-- Put a tag on a conversation that is held, unless it is there, or as many as are allowed.
INSERT INTO conversation_tags (customer_id, conversation_id, tag)
SELECT %(customer_id)s, %(conversation_id)s::uuid, lower(%(tag)s::text)
WHERE (
    SELECT count(*) FROM conversation_tags AS t
    WHERE t.customer_id = %(customer_id)s AND t.conversation_id = %(conversation_id)s::uuid
) < %(most)s::bigint
ON CONFLICT DO NOTHING
RETURNING tag

-- name: has_tag
-- Whether a conversation has a tag.
SELECT EXISTS (
    SELECT FROM conversation_tags AS t
    WHERE t.customer_id = %(customer_id)s
        AND t.conversation_id = %(conversation_id)s::uuid
        AND t.tag = lower(%(tag)s::text)
)

-- name: delete_tag
-- Take a tag off a conversation.
DELETE FROM conversation_tags AS t
WHERE t.customer_id = %(customer_id)s
    AND t.conversation_id = %(conversation_id)s::uuid
    AND t.tag = lower(%(tag)s::text)
RETURNING t.tag

-- name: bump_version
-- Give a conversation that is held its next version.
UPDATE conversations AS c
SET version = c.version + 1
WHERE c.customer_id = %(customer_id)s AND c.id = %(conversation_id)s::uuid
RETURNING c.version

-- name: list_tags
-- One page of a customer's tags by name, each found by one step in conversation_tags_by_tag,
-- and on how many conversations it is, counted up to a limit.
WITH RECURSIVE found (tag, position) AS (
    (
        SELECT t.tag, 1
        FROM conversation_tags AS t
        WHERE t.customer_id = %(customer_id)s
            AND (%(after)s::text IS NULL OR t.tag > %(after)s::text)
        ORDER BY t.tag
        LIMIT 1
    )
    UNION ALL
    SELECT next.tag, f.position + 1
    FROM found AS f
    CROSS JOIN LATERAL (
        SELECT t.tag
        FROM conversation_tags AS t
        WHERE t.customer_id = %(customer_id)s AND t.tag > f.tag
        ORDER BY t.tag
        LIMIT 1
    ) AS next
    WHERE f.position < %(row_count)s::bigint
)
SELECT
    f.tag,
    (
        SELECT count(*)
        FROM (
            SELECT FROM conversation_tags AS t
            WHERE t.customer_id = %(customer_id)s AND t.tag = f.tag
            LIMIT %(most_counted)s::bigint + 1
        ) AS counted
    ) AS conversations
FROM found AS f
ORDER BY f.position
