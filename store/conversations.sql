-- name: upsert_conversations
-- Add a batch's messages to their conversations, whatever order they arrive in, and hand out seq.
-- What we or programs wrote opens nothing; how it is counted is the caller's to set right.
INSERT INTO conversations AS c (
    customer_id, id, channel_id, key_hash, generation, subject, message_count, inbound_count,
    last_seq, last_inbound_seq, waiting_since, first_message_at, first_message_id,
    last_activity_at, last_message_id, last_message_direction, last_message_preview
)
SELECT
    t.customer_id, t.id, t.channel_id, t.key_hash, t.generation, t.subject, t.added,
    t.added_inbound, t.added, CASE WHEN t.from_people > 0 THEN t.added ELSE 0 END,
    t.waiting_at, t.first_at, t.first_id, t.last_at, t.last_id,
    t.direction, t.preview
FROM unnest(
    %(customer_ids)b::bigint[], %(ids)b::uuid[], %(channel_ids)b::uuid[], %(key_hashes)b::uuid[],
    %(generations)b::integer[], %(subjects)b::text[], %(added)b::integer[],
    %(added_inbound)b::integer[], %(from_people)b::integer[], %(waiting_ats)b::timestamptz[],
    %(first_ats)b::timestamptz[], %(first_ids)b::uuid[], %(last_ats)b::timestamptz[],
    %(last_ids)b::uuid[], %(directions)b::text[], %(previews)b::text[]
) AS t (
    customer_id, id, channel_id, key_hash, generation, subject, added, added_inbound,
    from_people, waiting_at, first_at, first_id, last_at, last_id, direction, preview
)
ORDER BY t.customer_id, t.id
ON CONFLICT (customer_id, id) DO UPDATE SET
    status = CASE WHEN c.status = 'spam' OR excluded.last_inbound_seq = 0 THEN c.status ELSE 'open' END,
    closed_at = CASE WHEN excluded.last_inbound_seq = 0 THEN c.closed_at END,
    snoozed_until = CASE WHEN excluded.last_inbound_seq = 0 THEN c.snoozed_until END,
    message_count = c.message_count + excluded.message_count,
    inbound_count = c.inbound_count + excluded.inbound_count,
    last_seq = c.last_seq + excluded.last_seq,
    last_inbound_seq = CASE
        WHEN excluded.last_inbound_seq > 0 THEN c.last_seq + excluded.last_seq
        ELSE c.last_inbound_seq
    END,
    waiting_since = least(
        c.waiting_since,
        CASE
            WHEN c.last_outbound_at IS NULL OR excluded.waiting_since > c.last_outbound_at
                THEN excluded.waiting_since
            WHEN excluded.last_activity_at > c.last_outbound_at THEN (
                SELECT min(s.received_at)
                FROM unnest(
                    %(arrived_customer_ids)b::bigint[], %(arrived_in_ids)b::uuid[],
                    %(arrived_ats)b::timestamptz[]
                ) AS s (customer_id, id, received_at)
                WHERE s.customer_id = c.customer_id AND s.id = c.id
                    AND s.received_at > c.last_outbound_at
            )
        END
    ),
    subject = CASE
        WHEN (excluded.first_message_at, excluded.first_message_id)
            < (c.first_message_at, c.first_message_id) THEN excluded.subject
        ELSE c.subject
    END,
    first_message_id = CASE
        WHEN (excluded.first_message_at, excluded.first_message_id)
            < (c.first_message_at, c.first_message_id) THEN excluded.first_message_id
        ELSE c.first_message_id
    END,
    first_message_at = least(c.first_message_at, excluded.first_message_at),
    last_message_id = CASE
        WHEN (excluded.last_activity_at, excluded.last_message_id)
            > (c.last_activity_at, c.last_message_id) THEN excluded.last_message_id
        ELSE c.last_message_id
    END,
    last_message_direction = CASE
        WHEN (excluded.last_activity_at, excluded.last_message_id)
            > (c.last_activity_at, c.last_message_id) THEN excluded.last_message_direction
        ELSE c.last_message_direction
    END,
    last_message_preview = CASE
        WHEN (excluded.last_activity_at, excluded.last_message_id)
            > (c.last_activity_at, c.last_message_id) THEN excluded.last_message_preview
        ELSE c.last_message_preview
    END,
    last_activity_at = greatest(c.last_activity_at, excluded.last_activity_at),
    version = c.version + 1
RETURNING c.customer_id, c.id, c.last_seq, c.version, c.is_current

-- name: insert_participants
-- Note who takes part.
INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT t.customer_id, t.conversation_id, t.address_hash, t.role
FROM unnest(
    %(customer_ids)b::bigint[], %(conversation_ids)b::uuid[], %(address_hashes)b::bigint[],
    %(roles)b::text[]
) AS t (customer_id, conversation_id, address_hash, role)
ORDER BY t.customer_id, t.conversation_id, t.address_hash, t.role
ON CONFLICT DO NOTHING

-- name: lock_conversations
-- Hold these conversations; one that was merged away meanwhile is not returned.
SELECT
    c.customer_id, c.id, c.channel_id, c.key_hash, c.generation, c.subject,
    c.message_count AS added, c.inbound_count AS added_inbound,
    c.last_inbound_seq AS from_people, c.first_message_at AS first_at,
    c.first_message_id AS first_id, c.last_activity_at AS last_at, c.last_message_id AS last_id,
    c.last_message_direction AS direction, c.last_message_preview AS preview, c.closed_at
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
JOIN conversations AS c ON c.customer_id = t.customer_id AND c.id = t.id
ORDER BY c.customer_id, c.id
FOR UPDATE OF c

-- name: list_participants
-- Who takes part in these conversations.
SELECT p.customer_id, p.conversation_id, p.address_hash
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
JOIN conversation_participants AS p
    ON p.customer_id = t.customer_id AND p.conversation_id = t.id

-- name: recount_conversations
-- Derive from their messages all that conversations say of them, but for subject and preview.
UPDATE conversations AS c
SET message_count = n.message_count,
    inbound_count = n.inbound_count,
    last_seq = n.last_seq,
    last_inbound_seq = n.last_inbound_seq,
    first_message_at = n.first_at,
    first_message_id = n.first_id,
    last_activity_at = n.last_at,
    last_message_id = n.last_id,
    last_message_direction = n.last_direction,
    last_outbound_at = n.last_outbound_at,
    waiting_since = (
        SELECT min(w.received_at)
        FROM messages AS w
        WHERE w.customer_id = n.customer_id AND w.conversation_id = n.id
            AND w.direction = 'inbound' AND NOT w.is_automatic
            AND (n.last_outbound_at IS NULL OR w.received_at > n.last_outbound_at)
    )
FROM (
    SELECT
        t.customer_id,
        t.id,
        count(*) AS message_count,
        count(*) FILTER (WHERE m.direction = 'inbound') AS inbound_count,
        max(m.seq) AS last_seq,
        coalesce(
            max(m.seq) FILTER (WHERE m.direction = 'inbound' AND NOT m.is_automatic), 0
        ) AS last_inbound_seq,
        min(m.sent_at) AS first_at,
        (array_agg(m.id ORDER BY m.sent_at, m.id))[1] AS first_id,
        (array_agg(m.received_at ORDER BY m.status = 'canceled', m.received_at DESC, m.id DESC))[1]
            AS last_at,
        (array_agg(m.id ORDER BY m.status = 'canceled', m.received_at DESC, m.id DESC))[1]
            AS last_id,
        (array_agg(m.direction ORDER BY m.status = 'canceled', m.received_at DESC, m.id DESC))[1]
            AS last_direction,
        max(m.received_at) FILTER (
            WHERE m.direction = 'outbound' AND m.status <> 'canceled'
        ) AS last_outbound_at
    FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
    JOIN messages AS m ON m.customer_id = t.customer_id AND m.conversation_id = t.id
    GROUP BY t.customer_id, t.id
) AS n
WHERE c.customer_id = n.customer_id AND c.id = n.id
