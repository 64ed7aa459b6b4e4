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
-- Whom a copy names was written to, and takes part. To what we wrote here nobody is added: it is
-- sent to those whom it names.
WITH named AS MATERIALIZED (
    SELECT DISTINCT
        t.customer_id, t.message_id, m.conversation_id, t.address_hash, t.role, t.part
    FROM unnest(
        %(customer_ids)b::bigint[], %(message_ids)b::uuid[], %(address_hashes)b::bigint[],
        %(roles)b::text[], %(parts)b::text[]
    ) AS t (customer_id, message_id, address_hash, role, part)
    JOIN messages AS m ON m.customer_id = t.customer_id AND m.id = t.message_id
    WHERE m.event_id IS NOT NULL
),
part AS (
    INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
    SELECT DISTINCT n.customer_id, n.conversation_id, n.address_hash, n.part
    FROM named AS n
    ORDER BY n.customer_id, n.conversation_id, n.address_hash, n.part
    ON CONFLICT DO NOTHING
)
INSERT INTO message_recipients (customer_id, message_id, address_hash, role)
SELECT n.customer_id, n.message_id, n.address_hash, n.role
FROM named AS n
ON CONFLICT DO NOTHING
