-- name: insert_copies
-- Note which events brought a message once more.
INSERT INTO message_copies (customer_id, event_id, message_id)
SELECT t.customer_id, t.event_id, t.message_id
FROM unnest(
    %(customer_ids)b::bigint[], %(event_ids)b::uuid[], %(message_ids)b::uuid[]
) AS t (customer_id, event_id, message_id)
ORDER BY t.customer_id, t.event_id
ON CONFLICT DO NOTHING

-- name: add_recipients
-- Whom a copy names was written to, and takes part; who follows is told of messages that somebody
-- was added to. To what we wrote here nobody is added: it is sent to those whom it names.
WITH named AS MATERIALIZED (
    SELECT DISTINCT
        t.customer_id, t.message_id, m.conversation_id, m.seq, t.address_hash, t.role, t.part
    FROM unnest(
        %(customer_ids)b::bigint[], %(message_ids)b::uuid[], %(address_hashes)b::bigint[],
        %(roles)b::text[], %(parts)b::text[]
    ) AS t (customer_id, message_id, address_hash, role, part)
    JOIN messages AS m ON m.customer_id = t.customer_id AND m.id = t.message_id
    WHERE m.event_id IS NOT NULL
),
participants AS (
    INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
    SELECT DISTINCT n.customer_id, n.conversation_id, n.address_hash, n.part
    FROM named AS n
    ORDER BY n.customer_id, n.conversation_id, n.address_hash, n.part
    ON CONFLICT DO NOTHING
    RETURNING customer_id, conversation_id, address_hash
),
recipients AS (
    INSERT INTO message_recipients (customer_id, message_id, address_hash, role)
    SELECT n.customer_id, n.message_id, n.address_hash, n.role
    FROM named AS n
    ON CONFLICT DO NOTHING
    RETURNING customer_id, message_id, address_hash
),
changed AS (
    SELECT DISTINCT n.customer_id, n.conversation_id, n.message_id, n.seq
    FROM named AS n
    WHERE (n.customer_id, n.message_id, n.address_hash) IN (SELECT r.* FROM recipients AS r)
        OR (n.customer_id, n.conversation_id, n.address_hash) IN (SELECT p.* FROM participants AS p)
),
touched AS (
    UPDATE conversations AS c
    SET version = c.version + 1
    FROM (SELECT DISTINCT h.customer_id, h.conversation_id FROM changed AS h) AS t
    WHERE c.customer_id = t.customer_id AND c.id = t.conversation_id
    RETURNING c.customer_id, c.id, c.version
)
INSERT INTO outbox (customer_id, type, conversation_id, message_id, version, message_seq)
SELECT h.customer_id, 'message.updated', h.conversation_id, h.message_id, t.version, h.seq
FROM changed AS h
JOIN touched AS t ON t.customer_id = h.customer_id AND t.id = h.conversation_id
ORDER BY h.customer_id, h.conversation_id, h.seq

-- name: find_copied
-- Which of these messages were brought once more.
SELECT DISTINCT k.customer_id, k.message_id
FROM unnest(%(customer_ids)s::bigint[], %(message_ids)s::uuid[]) AS t (customer_id, message_id)
JOIN message_copies AS k ON k.customer_id = t.customer_id AND k.message_id = t.message_id
