-- name: find_split_message
-- The message at which a conversation is to be split, as far as its own key follows from it.
SELECT
    m.id, m.subject, e.dedup_key, m.sent_at,
    ARRAY(
        SELECT ARRAY[a.kind, a.value]
        FROM (
            SELECT m.from_hash AS address_hash
            UNION
            SELECT r.address_hash
            FROM message_recipients AS r
            WHERE r.customer_id = m.customer_id AND r.message_id = m.id
        ) AS met
        JOIN addresses AS a ON a.customer_id = m.customer_id AND a.hash = met.address_hash
        WHERE NOT EXISTS (
            SELECT 1
            FROM conversation_participants AS p
            WHERE p.customer_id = m.customer_id AND p.conversation_id = m.conversation_id
                AND p.address_hash = met.address_hash AND p.role = 'own'
        )
    ) AS others,
    (
        SELECT ARRAY[a.kind, a.value]
        FROM conversation_participants AS p
        JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
        LEFT JOIN message_recipients AS r
            ON r.customer_id = m.customer_id AND r.message_id = m.id AND r.address_hash = a.hash
        LEFT JOIN channel_addresses AS f
            ON f.customer_id = m.customer_id AND f.channel_id = m.channel_id
                AND f.value = a.value
        WHERE p.customer_id = m.customer_id AND p.conversation_id = m.conversation_id
            AND p.role = 'own'
        ORDER BY
            m.from_hash = a.hash AND m.direction = 'outbound' DESC,
            r.message_id IS NULL,
            m.from_hash <> a.hash,
            a.value <> ch.own_address,
            f.value IS NULL,
            a.value
        LIMIT 1
    ) AS own,
    ch.own_address
FROM messages AS m
JOIN channels AS ch ON ch.customer_id = m.customer_id AND ch.id = m.channel_id
LEFT JOIN inbound_events AS e ON e.customer_id = m.customer_id AND e.id = m.event_id
WHERE m.customer_id = %(customer_id)s::bigint
    AND m.conversation_id = %(conversation_id)s::uuid AND m.seq = %(from_seq)s::integer

-- name: find_taken_ids
-- Which of these ids are or were those of conversations.
SELECT c.id
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])
UNION ALL
SELECT g.from_id
FROM conversation_merges AS g
WHERE g.customer_id = %(customer_id)s::bigint AND g.from_id = ANY(%(ids)s::uuid[])

-- name: begin_split
-- Make the conversation that messages are about to move to; what it counts comes afterwards.
INSERT INTO conversations (
    customer_id, id, channel_id, key_hash, generation, is_current, status, closed_at,
    snoozed_until, assignee_id, subject, message_count, inbound_count, last_seq,
    first_message_at, first_message_id, last_activity_at, last_message_id,
    last_message_direction, last_message_preview
)
SELECT
    c.customer_id, %(into_id)s::uuid, c.channel_id, %(key_hash)s::uuid, %(generation)s::integer,
    %(is_current)s::boolean, c.status, c.closed_at, c.snoozed_until, c.assignee_id,
    %(subject)s::text, 0, 0, 0, %(sent_at)s::timestamptz, %(message_id)s::uuid,
    %(sent_at)s::timestamptz, %(message_id)s::uuid, 'inbound', ''
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(from_id)s::uuid

-- name: move_later_messages
-- Move messages from a seq on; they count from 1 where they go.
UPDATE messages AS m
SET conversation_id = %(into_id)s::uuid, seq = m.seq - %(from_seq)s::integer + 1
WHERE m.customer_id = %(customer_id)s::bigint AND m.conversation_id = %(from_id)s::uuid
    AND m.seq >= %(from_seq)s::integer

-- name: move_later_queued
-- What is still to be sent goes with them.
UPDATE outbound_queue AS q
SET conversation_id = %(into_id)s::uuid, seq = q.seq - %(from_seq)s::integer + 1
WHERE q.customer_id = %(customer_id)s::bigint AND q.conversation_id = %(from_id)s::uuid
    AND q.seq >= %(from_seq)s::integer

-- name: copy_participants
-- Whoever wrote or was written to in what moved takes part where it went, and so do we.
INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT p.customer_id, %(into_id)s::uuid, p.address_hash, p.role
FROM conversation_participants AS p
WHERE p.customer_id = %(customer_id)s::bigint AND p.conversation_id = %(from_id)s::uuid
    AND (
        p.role = 'own'
        OR EXISTS (
            SELECT 1
            FROM messages AS m
            WHERE m.customer_id = p.customer_id AND m.conversation_id = %(into_id)s::uuid
                AND m.from_hash = p.address_hash
        )
        OR EXISTS (
            SELECT 1
            FROM messages AS m
            JOIN message_recipients AS r
                ON r.customer_id = m.customer_id AND r.message_id = m.id
            WHERE m.customer_id = p.customer_id AND m.conversation_id = %(into_id)s::uuid
                AND r.address_hash = p.address_hash
        )
    )

-- name: divide_read_marks
-- What agents had read of the messages that moved is read where they went.
INSERT INTO read_marks (customer_id, agent_id, conversation_id, last_read_seq)
SELECT
    r.customer_id, r.agent_id, %(into_id)s::uuid, r.last_read_seq - %(from_seq)s::integer + 1
FROM read_marks AS r
WHERE r.customer_id = %(customer_id)s::bigint AND r.conversation_id = %(from_id)s::uuid
    AND r.last_read_seq >= %(from_seq)s::integer

-- name: lower_read_marks
-- Numbers above the last one are given out again: nobody has read those messages.
UPDATE read_marks AS r
SET last_read_seq = %(from_seq)s::integer - 1
WHERE r.customer_id = %(customer_id)s::bigint AND r.conversation_id = %(from_id)s::uuid
    AND r.last_read_seq >= %(from_seq)s::integer

-- name: divide_awaiting
-- Whose mails all moved waits where they went.
UPDATE email_awaited AS w
SET conversation_id = %(into_id)s::uuid
WHERE w.customer_id = %(customer_id)s::bigint AND w.conversation_id = %(from_id)s::uuid
    AND EXISTS (
        SELECT 1
        FROM messages AS m
        WHERE m.customer_id = w.customer_id AND m.conversation_id = %(into_id)s::uuid
            AND m.from_hash = w.sender_hash
    )
    AND NOT EXISTS (
        SELECT 1
        FROM messages AS m
        WHERE m.customer_id = w.customer_id AND m.conversation_id = %(from_id)s::uuid
            AND m.from_hash = w.sender_hash
    )

-- name: record_split
-- Remember what moved where.
INSERT INTO conversation_splits (customer_id, id, from_id, into_id, from_seq, moved, agent_id)
SELECT
    %(customer_id)s::bigint, %(id)s::uuid, %(from_id)s::uuid, %(into_id)s::uuid,
    %(from_seq)s::integer, count(*), %(agent_id)s::uuid
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint AND m.conversation_id = %(into_id)s::uuid
RETURNING moved
