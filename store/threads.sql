-- name: register_message_ids
-- Make sure that every Message-ID borne or referred to has a row to be locked.
INSERT INTO email_message_ids (customer_id, channel_id, hash, value)
SELECT t.customer_id, t.channel_id, t.hash, t.value
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(hashes)b::uuid[], %(values)b::text[]
) AS t (customer_id, channel_id, hash, value)
ORDER BY t.customer_id, t.channel_id, t.hash
ON CONFLICT DO NOTHING

-- name: lock_message_ids
-- Whoever else works on the same threads waits here, so that nobody misses a parent or a child.
SELECT i.customer_id, i.channel_id, i.hash, i.message_id
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(hashes)b::uuid[]
) AS t (customer_id, channel_id, hash)
JOIN email_message_ids AS i
    ON i.customer_id = t.customer_id AND i.channel_id = t.channel_id AND i.hash = t.hash
ORDER BY i.customer_id, i.channel_id, i.hash
FOR UPDATE OF i

-- name: find_conversations_of_messages
-- Which conversations these messages are in.
SELECT m.customer_id, m.id, m.conversation_id
FROM unnest(%(customer_ids)b::bigint[], %(message_ids)b::uuid[]) AS t (customer_id, message_id)
JOIN messages AS m ON m.customer_id = t.customer_id AND m.id = t.message_id

-- name: find_awaiting
-- Which conversations wait for these Message-IDs.
SELECT w.customer_id, w.channel_id, w.hash, w.conversation_id, w.sender_hash
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(hashes)b::uuid[]
) AS t (customer_id, channel_id, hash)
JOIN email_awaited AS w
    ON w.customer_id = t.customer_id AND w.channel_id = t.channel_id AND w.hash = t.hash
ORDER BY w.customer_id, w.channel_id, w.hash, w.conversation_id

-- name: bear_message_ids
-- Note which message bears a Message-ID; the first one keeps it.
UPDATE email_message_ids AS i
SET message_id = t.message_id
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(hashes)b::uuid[],
    %(message_ids)b::uuid[]
) AS t (customer_id, channel_id, hash, message_id)
WHERE i.customer_id = t.customer_id AND i.channel_id = t.channel_id AND i.hash = t.hash
    AND i.message_id IS NULL

-- name: await_message_ids
-- Let conversations wait for mails that they answer.
INSERT INTO email_awaited (customer_id, channel_id, hash, conversation_id, sender_hash)
SELECT t.customer_id, t.channel_id, t.hash, t.conversation_id, t.sender_hash
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(hashes)b::uuid[],
    %(conversation_ids)b::uuid[], %(sender_hashes)b::bigint[]
) AS t (customer_id, channel_id, hash, conversation_id, sender_hash)
ON CONFLICT DO NOTHING

-- name: move_messages
-- Give the messages of merged conversations the numbers kept for them in the one they join.
WITH moved AS (
    SELECT
        m.customer_id,
        m.id,
        t.into_id,
        t.first_seq - 1
            + row_number() OVER (PARTITION BY t.customer_id, t.into_id ORDER BY m.sent_at, m.id)
            AS seq
    FROM unnest(
        %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[],
        %(first_seqs)b::integer[]
    ) AS t (customer_id, from_id, into_id, first_seq)
    JOIN messages AS m ON m.customer_id = t.customer_id AND m.conversation_id = t.from_id
)
UPDATE messages AS m
SET conversation_id = v.into_id, seq = v.seq
FROM moved AS v
WHERE m.customer_id = v.customer_id AND m.id = v.id

-- name: move_participants
-- Everybody who took part in a merged conversation takes part in the one it joins.
INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT p.customer_id, t.into_id, p.address_hash, p.role
FROM unnest(
    %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[]
) AS t (customer_id, from_id, into_id)
JOIN conversation_participants AS p
    ON p.customer_id = t.customer_id AND p.conversation_id = t.from_id
ON CONFLICT DO NOTHING

-- name: stop_awaiting
-- A merged conversation has found what it waited for.
DELETE FROM email_awaited AS w
USING unnest(%(customer_ids)b::bigint[], %(from_ids)b::uuid[]) AS t (customer_id, from_id)
WHERE w.customer_id = t.customer_id AND w.conversation_id = t.from_id

-- name: drop_participants
-- Nobody takes part in a conversation that is no more.
DELETE FROM conversation_participants AS p
USING unnest(%(customer_ids)b::bigint[], %(from_ids)b::uuid[]) AS t (customer_id, from_id)
WHERE p.customer_id = t.customer_id AND p.conversation_id = t.from_id

-- name: drop_conversations
-- The emptied conversations go.
DELETE FROM conversations AS c
USING unnest(%(customer_ids)b::bigint[], %(from_ids)b::uuid[]) AS t (customer_id, from_id)
WHERE c.customer_id = t.customer_id AND c.id = t.from_id

-- name: forward_merges
-- Whatever was merged into them before now leads to where they went.
UPDATE conversation_merges AS g
SET into_id = t.into_id
FROM unnest(
    %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[]
) AS t (customer_id, from_id, into_id)
WHERE g.customer_id = t.customer_id AND g.into_id = t.from_id

-- name: record_merges
-- Remember where they went, and tell those who follow.
WITH merged AS (
    INSERT INTO conversation_merges (customer_id, from_id, into_id, reason)
    SELECT t.customer_id, t.from_id, t.into_id, 'late_parent'
    FROM unnest(
        %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[]
    ) AS t (customer_id, from_id, into_id)
    ON CONFLICT (customer_id, from_id) DO UPDATE SET into_id = excluded.into_id, merged_at = now()
    RETURNING customer_id, from_id
)
INSERT INTO outbox (customer_id, type, conversation_id)
SELECT m.customer_id, 'conversation.merged', m.from_id
FROM merged AS m
