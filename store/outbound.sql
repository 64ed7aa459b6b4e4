-- name: find_answered
-- The conversation that is answered, or the one that it became part of.
SELECT c.id, c.channel_id, c.subject
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s
    AND c.id = coalesce(
        (
            SELECT g.into_id FROM conversation_merges AS g
            WHERE g.customer_id = %(customer_id)s AND g.from_id = %(conversation_id)s
        ),
        %(conversation_id)s
    )

-- name: list_others
-- Everybody who takes part in a conversation but us.
SELECT a.hash, a.kind, a.value
FROM conversation_participants AS p
JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
WHERE p.customer_id = %(customer_id)s AND p.conversation_id = %(conversation_id)s
    AND p.role = 'other'
ORDER BY a.value, a.kind

-- name: find_last_inbound
-- Who wrote the latest message that came in, and to whom else it went.
SELECT
    m.from_hash,
    ARRAY(
        SELECT r.address_hash FROM message_recipients AS r
        WHERE r.customer_id = m.customer_id AND r.message_id = m.id AND r.role <> 'bcc'
        ORDER BY r.address_hash
    )
FROM messages AS m
WHERE m.customer_id = %(customer_id)s AND m.conversation_id = %(conversation_id)s
    AND m.direction = 'inbound'
ORDER BY m.seq DESC
LIMIT 1

-- name: grow_conversation
-- Count one more message of ours, and give it its number. Whether it is closed does not change.
UPDATE conversations AS c
SET
    message_count = c.message_count + 1,
    last_seq = c.last_seq + 1,
    last_outbound_at = greatest(c.last_outbound_at, %(sent_at)s::timestamptz),
    waiting_since = NULL,
    last_message_id = CASE
        WHEN (%(sent_at)s::timestamptz, %(message_id)s::uuid)
            > (c.last_activity_at, c.last_message_id) THEN %(message_id)s::uuid
        ELSE c.last_message_id
    END,
    last_message_direction = CASE
        WHEN (%(sent_at)s::timestamptz, %(message_id)s::uuid)
            > (c.last_activity_at, c.last_message_id) THEN 'outbound'
        ELSE c.last_message_direction
    END,
    last_message_preview = CASE
        WHEN (%(sent_at)s::timestamptz, %(message_id)s::uuid)
            > (c.last_activity_at, c.last_message_id) THEN %(preview)s
        ELSE c.last_message_preview
    END,
    last_activity_at = greatest(c.last_activity_at, %(sent_at)s::timestamptz),
    version = c.version + 1
WHERE c.customer_id = %(customer_id)s AND c.id = %(conversation_id)s
RETURNING c.last_seq, c.version

-- name: begin_conversation
-- Begin a conversation with a message of ours, unless somebody else just did.
INSERT INTO conversations (
    customer_id, id, channel_id, key_hash, subject, message_count, inbound_count, last_seq,
    last_outbound_at, first_message_at, first_message_id, last_activity_at, last_message_id,
    last_message_direction, last_message_preview
)
VALUES (
    %(customer_id)s, %(conversation_id)s, %(channel_id)s, %(key_hash)s, %(subject)s, 1, 0, 1,
    %(sent_at)s, %(sent_at)s, %(message_id)s, %(sent_at)s, %(message_id)s, 'outbound',
    %(preview)s
)
ON CONFLICT DO NOTHING
RETURNING last_seq, version

-- name: insert_outbound
-- Store a message of ours, to be sent.
INSERT INTO messages (
    customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
    body_hash, body_format, subject, sent_at, received_at, agent_id
)
VALUES (
    %(customer_id)s, %(message_id)s, %(conversation_id)s, %(seq)s, 'outbound', %(channel_id)s,
    %(kind)s, 'queued', %(from_hash)s, %(body_hash)s, 'text', %(subject)s, %(sent_at)s,
    %(sent_at)s, %(agent_id)s
)

-- name: insert_outbound_recipients
-- Note to whom a message of ours goes.
INSERT INTO message_recipients (customer_id, message_id, address_hash, role)
SELECT %(customer_id)s::bigint, %(message_id)s::uuid, t.address_hash, t.role
FROM unnest(%(address_hashes)s::bigint[], %(roles)s::text[]) AS t (address_hash, role)
ON CONFLICT DO NOTHING

-- name: queue_message
-- Have a message sent, once its undo window is over, at the pace of its channel.
WITH pace AS (
    INSERT INTO channel_pace (customer_id, channel_id, free_at)
    VALUES (%(customer_id)s, %(channel_id)s, now())
    ON CONFLICT DO NOTHING
)
INSERT INTO outbound_queue (
    customer_id, message_id, channel_id, conversation_id, seq, send_at, fence
)
SELECT
    %(customer_id)s, %(message_id)s, %(channel_id)s, %(conversation_id)s, %(seq)s,
    now() + make_interval(secs => %(delay_seconds)s),
    coalesce(
        (
            SELECT max(a.fence) FROM outbound_attempts AS a
            WHERE a.customer_id = %(customer_id)s AND a.message_id = %(message_id)s
        ),
        0
    )

-- name: mark_read
-- Who answers has read all that is there.
INSERT INTO read_marks AS r (customer_id, agent_id, conversation_id, last_read_seq)
VALUES (%(customer_id)s, %(agent_id)s, %(conversation_id)s, %(seq)s)
ON CONFLICT (customer_id, agent_id, conversation_id) DO UPDATE
SET last_read_seq = greatest(r.last_read_seq, excluded.last_read_seq)

-- name: hold_outbound
-- Lock the conversation of a message of ours, and say how the message is.
SELECT m.conversation_id, m.channel_id, m.seq, m.status
FROM messages AS m
JOIN conversations AS c ON c.customer_id = m.customer_id AND c.id = m.conversation_id
WHERE m.customer_id = %(customer_id)s AND m.id = %(message_id)s AND m.direction = 'outbound'
FOR UPDATE OF c

-- name: take_back
-- Take a message out of the queue, unless somebody is sending it.
DELETE FROM outbound_queue AS q
WHERE q.customer_id = %(customer_id)s AND q.message_id = %(message_id)s AND q.leased_by IS NULL
RETURNING q.message_id

-- name: set_status
-- Give a message a status without a failure; what the provider called it before counts no more.
UPDATE messages AS m
SET
    status = %(status)s, failure_code = NULL, failure = NULL, provider_message_id = NULL
WHERE m.customer_id = %(customer_id)s AND m.id = %(message_id)s

-- name: forget_look_up
-- Ask no more for a message that is sent anew.
DELETE FROM outbound_look_ups AS l
WHERE l.customer_id = %(customer_id)s AND l.message_id = %(message_id)s

-- name: find_latest_standing
-- The latest message of a conversation that was not canceled.
SELECT
    m.id, m.received_at, m.direction, b.text, m.body_format, m.subject,
    (
        SELECT count(*) FROM attachments AS a
        WHERE a.customer_id = m.customer_id AND a.message_id = m.id
    )
FROM messages AS m
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE m.customer_id = %(customer_id)s AND m.conversation_id = %(conversation_id)s
    AND m.status <> 'canceled'
ORDER BY m.received_at DESC, m.id DESC
LIMIT 1

-- name: take_back_message
-- A conversation is as if a message had not been written, but for its number.
UPDATE conversations AS c
SET
    last_activity_at = coalesce(%(last_at)s::timestamptz, c.last_activity_at),
    last_message_id = coalesce(%(last_id)s::uuid, c.last_message_id),
    last_message_direction = coalesce(%(direction)s::text, c.last_message_direction),
    last_message_preview = coalesce(%(preview)s::text, c.last_message_preview),
    last_outbound_at = n.last_outbound_at,
    waiting_since = (
        SELECT min(w.received_at) FROM messages AS w
        WHERE w.customer_id = c.customer_id AND w.conversation_id = c.id
            AND w.direction = 'inbound' AND NOT w.is_automatic
            AND (n.last_outbound_at IS NULL OR w.received_at > n.last_outbound_at)
    ),
    version = c.version + 1
FROM (
    SELECT max(m.received_at) AS last_outbound_at
    FROM messages AS m
    WHERE m.customer_id = %(customer_id)s AND m.conversation_id = %(conversation_id)s
        AND m.direction = 'outbound' AND m.status <> 'canceled'
) AS n
WHERE c.customer_id = %(customer_id)s AND c.id = %(conversation_id)s
RETURNING c.version

-- name: touch_conversation
-- Something in this conversation changed.
UPDATE conversations AS c
SET version = c.version + 1
WHERE c.customer_id = %(customer_id)s AND c.id = %(conversation_id)s
RETURNING c.version

-- name: count_recipients
-- To how many addresses a message goes.
SELECT count(*) FROM message_recipients AS r
WHERE r.customer_id = %(customer_id)s AND r.message_id = %(message_id)s
