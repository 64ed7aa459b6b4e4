-- name: find_whereabouts
-- Which conversation has the messages that an id stood for: itself, or the one it was merged into.
SELECT coalesce(g.into_id, %(id)s::uuid)
FROM (SELECT 1) AS one
LEFT JOIN conversations AS c
    ON c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid
LEFT JOIN conversation_merges AS g
    ON c.id IS NULL AND g.customer_id = %(customer_id)s::bigint AND g.from_id = %(id)s::uuid

-- name: hold_for_change
-- Hold conversations, in order, and say what decides about merging and splitting them.
SELECT
    c.id, c.channel_id, h.kind AS channel_kind, c.key_hash, c.generation, c.is_current, c.status,
    c.message_count, c.last_seq, c.last_inbound_seq, c.version
FROM conversations AS c
JOIN channels AS h ON h.customer_id = c.customer_id AND h.id = c.channel_id
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])
ORDER BY c.id
FOR UPDATE OF c

-- name: carry_read_marks
-- Whoever had read both conversations to the end has read what they became.
UPDATE read_marks AS r
SET last_read_seq = %(new_last_seq)s::integer
FROM read_marks AS f
WHERE r.customer_id = %(customer_id)s::bigint AND r.conversation_id = %(into_id)s::uuid
    AND f.customer_id = r.customer_id AND f.agent_id = r.agent_id
    AND f.conversation_id = %(from_id)s::uuid
    AND r.last_read_seq >= %(into_inbound_seq)s::integer
    AND f.last_read_seq >= %(from_inbound_seq)s::integer

-- name: touch_conversation
-- Note that a conversation changed; one that took a waiting one in is not closed or asleep.
UPDATE conversations AS c
SET version = c.version + 1,
    status = CASE WHEN %(opens)s::boolean THEN 'open' ELSE c.status END,
    closed_at = CASE WHEN %(opens)s::boolean THEN NULL ELSE c.closed_at END,
    snoozed_until = CASE WHEN %(opens)s::boolean THEN NULL ELSE c.snoozed_until END
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid
RETURNING c.version

-- name: read_last_messages
-- What the previews of these conversations are made of.
SELECT
    c.id, b.text, m.body_format, m.subject,
    (
        SELECT count(*) FROM attachments AS a
        WHERE a.customer_id = m.customer_id AND a.message_id = m.id
    ) AS attachments
FROM conversations AS c
JOIN messages AS m ON m.customer_id = c.customer_id AND m.id = c.last_message_id
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])

-- name: write_previews
-- Show the last message of each conversation.
UPDATE conversations AS c
SET last_message_preview = t.preview
FROM unnest(%(ids)s::uuid[], %(previews)s::text[]) AS t (id, preview)
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = t.id
