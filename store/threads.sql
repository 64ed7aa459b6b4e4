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
SELECT i.customer_id, i.channel_id, i.hash, i.message_id, i.content_hash
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(hashes)b::uuid[]
) AS t (customer_id, channel_id, hash)
JOIN email_message_ids AS i
    ON i.customer_id = t.customer_id AND i.channel_id = t.channel_id AND i.hash = t.hash
ORDER BY i.customer_id, i.channel_id, i.hash
FOR UPDATE OF i

-- name: find_conversations_of_messages
-- Which conversations these messages are in, and when they were sent.
SELECT m.customer_id, m.id, m.conversation_id, m.sent_at
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
SET message_id = t.message_id, content_hash = t.content_hash
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(hashes)b::uuid[],
    %(message_ids)b::uuid[], %(content_hashes)b::uuid[]
) AS t (customer_id, channel_id, hash, message_id, content_hash)
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
