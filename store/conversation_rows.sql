-- name: read_conversations
-- What is shown of some conversations, in the order given; what is gone is left out.
-- Unread counts stop at `most_unread`; `viewer_id` is the agent they are for.
SELECT
    c.id, c.channel_id, ch.kind AS channel_kind, ch.name AS channel_name, ch.own_address,
    c.subject, c.status, c.assignee_id, ag.name AS assignee_name, c.snoozed_until,
    ARRAY(
        SELECT t.tag FROM conversation_tags AS t
        WHERE t.customer_id = c.customer_id AND t.conversation_id = c.id
        ORDER BY t.tag
    ) AS tags,
    c.message_count, c.inbound_count, c.last_seq, c.last_activity_at, c.last_message_id,
    lm.seq AS last_message_seq, lm.sent_at AS last_message_sent_at, c.last_message_direction, lm.status AS last_message_status,
    EXISTS (
        SELECT FROM attachments AS at
        WHERE at.customer_id = c.customer_id AND at.message_id = c.last_message_id
    ) AS last_message_has_attachments,
    c.last_message_preview, c.waiting_since, mine.unread, mine.unread_count,
    c.created_at, c.closed_at, c.version
FROM unnest(%(conversation_ids)s::uuid[]) WITH ORDINALITY AS wanted (id, place)
JOIN conversations AS c ON c.customer_id = %(customer_id)s AND c.id = wanted.id
JOIN channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
LEFT JOIN agents AS ag ON ag.customer_id = c.customer_id AND ag.id = c.assignee_id
LEFT JOIN messages AS lm ON lm.customer_id = c.customer_id AND lm.id = c.last_message_id
LEFT JOIN agents AS me ON me.customer_id = c.customer_id AND me.id = %(viewer_id)s::uuid
LEFT JOIN read_marks AS r
    ON r.customer_id = c.customer_id AND r.agent_id = me.id AND r.conversation_id = c.id
LEFT JOIN LATERAL (
    SELECT
        (r.last_read_seq IS NOT NULL OR c.last_activity_at >= me.read_from)
            AND c.last_inbound_seq > coalesce(r.last_read_seq, 0) AS unread,
        (
            SELECT count(*) FROM (
                SELECT FROM messages AS m
                WHERE m.customer_id = c.customer_id
                  AND m.conversation_id = c.id
                  AND m.seq > coalesce(r.last_read_seq, 0)
                  AND m.direction = 'inbound' AND NOT m.is_automatic
                  AND (r.last_read_seq IS NOT NULL OR m.received_at >= me.read_from)
                  AND c.last_inbound_seq > coalesce(r.last_read_seq, 0)
                LIMIT %(most_unread)s::bigint
            ) AS counted
        ) AS unread_count
) AS mine ON me.id IS NOT NULL
ORDER BY wanted.place

-- name: resolve_conversation
-- The id that a conversation has now: its own, or that of the one which it became part of.
WITH RECURSIVE became (id, step) AS (
    SELECT %(conversation_id)s::uuid, 0
    UNION ALL
    SELECT m.into_id, b.step + 1
    FROM became AS b
    JOIN conversation_merges AS m ON m.customer_id = %(customer_id)s AND m.from_id = b.id
    WHERE b.step < 100
)
SELECT c.id
FROM became AS b
JOIN conversations AS c ON c.customer_id = %(customer_id)s AND c.id = b.id
ORDER BY b.step DESC
LIMIT 1

-- name: list_participants
-- Who takes part in some conversations, our own addresses too.
SELECT
    p.conversation_id, a.kind, a.value AS address, p.role, a.contact_id, ct.name AS contact_name
FROM conversation_participants AS p
JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
LEFT JOIN contacts AS ct ON ct.customer_id = a.customer_id AND ct.id = a.contact_id
WHERE p.customer_id = %(customer_id)s
  AND p.conversation_id = ANY (%(conversation_ids)s::uuid[])
ORDER BY p.conversation_id, a.kind, a.value
