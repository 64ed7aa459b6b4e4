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

-- name: move_queued
-- What is still to be sent goes with the messages.
UPDATE outbound_queue AS q
SET conversation_id = m.conversation_id, seq = m.seq
FROM unnest(%(customer_ids)b::bigint[], %(from_ids)b::uuid[]) AS t (customer_id, from_id)
JOIN outbound_queue AS o ON o.customer_id = t.customer_id AND o.conversation_id = t.from_id
JOIN messages AS m ON m.customer_id = o.customer_id AND m.id = o.message_id
WHERE q.customer_id = o.customer_id AND q.message_id = o.message_id

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

-- name: move_notes
-- Notes go with the messages.
UPDATE notes AS n
SET conversation_id = t.into_id
FROM unnest(
    %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[]
) AS t (customer_id, from_id, into_id)
WHERE n.customer_id = t.customer_id AND n.conversation_id = t.from_id

-- name: move_tags
-- A conversation has the tags of all that joined it.
INSERT INTO conversation_tags (customer_id, conversation_id, tag)
SELECT g.customer_id, t.into_id, g.tag
FROM unnest(
    %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[]
) AS t (customer_id, from_id, into_id)
JOIN conversation_tags AS g ON g.customer_id = t.customer_id AND g.conversation_id = t.from_id
ON CONFLICT DO NOTHING

-- name: inherit_assignee
-- Where nobody has the conversation, whoever had a merged one has it now.
UPDATE conversations AS c
SET assignee_id = heir.assignee_id
FROM (
    SELECT DISTINCT ON (t.customer_id, t.into_id) t.customer_id, t.into_id, f.assignee_id
    FROM unnest(
        %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[]
    ) AS t (customer_id, from_id, into_id)
    JOIN conversations AS f ON f.customer_id = t.customer_id AND f.id = t.from_id
    WHERE f.assignee_id IS NOT NULL
    ORDER BY t.customer_id, t.into_id, f.last_activity_at DESC, f.id
) AS heir
WHERE c.customer_id = heir.customer_id AND c.id = heir.into_id AND c.assignee_id IS NULL

-- name: move_awaiting
-- A mail that a merged conversation waits for is waited for by the one it joined.
INSERT INTO email_awaited (customer_id, channel_id, hash, conversation_id, sender_hash)
SELECT w.customer_id, w.channel_id, w.hash, t.into_id, w.sender_hash
FROM unnest(
    %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[]
) AS t (customer_id, from_id, into_id)
JOIN email_awaited AS w ON w.customer_id = t.customer_id AND w.conversation_id = t.from_id
ON CONFLICT DO NOTHING

-- name: stop_awaiting
-- A conversation that is no more waits for nothing.
DELETE FROM email_awaited AS w
USING unnest(%(customer_ids)b::bigint[], %(from_ids)b::uuid[]) AS t (customer_id, from_id)
WHERE w.customer_id = t.customer_id AND w.conversation_id = t.from_id

-- name: drop_participants
-- Nobody takes part in a conversation that is no more.
DELETE FROM conversation_participants AS p
USING unnest(%(customer_ids)b::bigint[], %(from_ids)b::uuid[]) AS t (customer_id, from_id)
WHERE p.customer_id = t.customer_id AND p.conversation_id = t.from_id

-- name: drop_tags
-- The emptied conversations lose theirs.
DELETE FROM conversation_tags AS g
USING unnest(%(customer_ids)b::bigint[], %(from_ids)b::uuid[]) AS t (customer_id, from_id)
WHERE g.customer_id = t.customer_id AND g.conversation_id = t.from_id

-- name: record_redirects
-- Remember where conversations went, and whether new messages of their keys follow them there.
INSERT INTO conversation_merges (
    customer_id, from_id, into_id, reason, agent_id, channel_id, key_hash, generation, is_current
)
SELECT
    t.customer_id, t.from_id, t.into_id, %(reason)s::text, %(agent_id)s::uuid, c.channel_id,
    c.key_hash, c.generation, c.is_current
FROM unnest(
    %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[]
) AS t (customer_id, from_id, into_id)
JOIN conversations AS c ON c.customer_id = t.customer_id AND c.id = t.from_id
ON CONFLICT (customer_id, from_id) DO UPDATE SET
    into_id = excluded.into_id,
    reason = excluded.reason,
    agent_id = excluded.agent_id,
    merged_at = now(),
    channel_id = excluded.channel_id,
    key_hash = excluded.key_hash,
    generation = excluded.generation,
    is_current = excluded.is_current

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

-- name: tell_of_merges
-- Tell those who follow that a conversation is no more, and which one has its messages.
INSERT INTO outbox (customer_id, type, conversation_id, object_id)
SELECT t.customer_id, 'conversation.merged', t.from_id, t.into_id
FROM unnest(
    %(customer_ids)b::bigint[], %(from_ids)b::uuid[], %(into_ids)b::uuid[]
) AS t (customer_id, from_id, into_id)
