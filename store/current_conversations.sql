-- name: find_current
-- Where new messages of these keys go: the current conversation, or the one that took it in.
SELECT
    t.customer_id, t.channel_id, t.key_hash, c.id, c.generation, c.closed_at,
    c.first_message_at, c.last_activity_at, NULL::uuid AS merged_id
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(key_hashes)b::uuid[]
) AS t (customer_id, channel_id, key_hash)
JOIN conversations AS c
    ON c.customer_id = t.customer_id AND c.channel_id = t.channel_id
        AND c.key_hash = t.key_hash AND c.is_current
UNION ALL
SELECT
    t.customer_id, t.channel_id, t.key_hash, g.into_id, g.generation, c.closed_at,
    c.first_message_at, c.last_activity_at, g.from_id
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(key_hashes)b::uuid[]
) AS t (customer_id, channel_id, key_hash)
JOIN conversation_merges AS g
    ON g.customer_id = t.customer_id AND g.channel_id = t.channel_id
        AND g.key_hash = t.key_hash AND g.is_current
JOIN conversations AS c ON c.customer_id = g.customer_id AND c.id = g.into_id

-- name: hold_conversations
-- Keep these conversations from being closed or followed by another generation until we are done.
SELECT c.customer_id, c.id
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
JOIN conversations AS c ON c.customer_id = t.customer_id AND c.id = t.id
ORDER BY c.customer_id, c.id
FOR NO KEY UPDATE OF c

-- name: find_spans
-- From when until when these conversations were going on.
SELECT c.customer_id, c.id, c.first_message_at, c.closed_at
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
JOIN conversations AS c ON c.customer_id = t.customer_id AND c.id = t.id

-- name: retire_conversations
-- A next generation takes the place of these conversations.
UPDATE conversations AS c
SET is_current = false
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
WHERE c.customer_id = t.customer_id AND c.id = t.id

-- name: retire_redirects
-- A next generation takes the place of merged conversations: new messages no longer follow them.
UPDATE conversation_merges AS g
SET is_current = false
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
WHERE g.customer_id = t.customer_id AND g.from_id = t.id
