-- name: list_changed
-- Which of these conversations say of their messages what is not so, and in which columns. Handling
-- is people's and not looked at; where an agent merged or split, the subject is too.
SELECT c.id::text, n.columns
FROM unnest(%(ids)s::uuid[]) AS w (id)
JOIN conversations AS c ON c.customer_id = %(customer_id)s::bigint AND c.id = w.id
CROSS JOIN LATERAL (
    SELECT
        count(*) AS messages,
        count(*) FILTER (WHERE m.direction = 'inbound') AS inbound,
        max(m.seq) AS last_seq,
        coalesce(
            max(m.seq) FILTER (WHERE m.direction = 'inbound' AND NOT m.is_automatic), 0
        ) AS last_inbound_seq,
        min(m.sent_at) AS first_at,
        (array_agg(m.id ORDER BY m.sent_at, m.id))[1] AS first_id,
        (array_agg(m.subject ORDER BY m.sent_at, m.id))[1] AS subject,
        (array_agg(m.received_at ORDER BY m.received_at DESC, m.id DESC)
            FILTER (WHERE m.status <> 'canceled'))[1] AS last_at,
        (array_agg(m.id ORDER BY m.received_at DESC, m.id DESC)
            FILTER (WHERE m.status <> 'canceled'))[1] AS last_id,
        (array_agg(m.direction ORDER BY m.received_at DESC, m.id DESC)
            FILTER (WHERE m.status <> 'canceled'))[1] AS last_direction,
        max(m.received_at) FILTER (
            WHERE m.direction = 'outbound' AND m.status <> 'canceled'
        ) AS last_outbound_at,
        min(m.received_at) FILTER (
            WHERE m.direction = 'inbound' AND NOT m.is_automatic
        ) AS first_inbound_at
    FROM messages AS m
    WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
) AS t
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN t.last_outbound_at IS NULL THEN t.first_inbound_at
        ELSE (
            SELECT min(w.received_at)
            FROM messages AS w
            WHERE w.customer_id = c.customer_id AND w.conversation_id = c.id
                AND w.direction = 'inbound' AND NOT w.is_automatic
                AND w.received_at > t.last_outbound_at
        )
    END AS since
) AS waiting
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
        CASE WHEN c.message_count <> t.messages THEN 'message_count' END,
        CASE WHEN c.inbound_count <> t.inbound THEN 'inbound_count' END,
        CASE WHEN c.last_seq <> t.last_seq THEN 'last_seq' END,
        CASE WHEN t.last_seq <> t.messages THEN 'seq' END,
        CASE WHEN c.last_inbound_seq <> t.last_inbound_seq THEN 'last_inbound_seq' END,
        CASE WHEN c.first_message_at <> t.first_at THEN 'first_message_at' END,
        CASE WHEN c.first_message_id <> t.first_id THEN 'first_message_id' END,
        CASE WHEN c.subject IS DISTINCT FROM t.subject
            AND NOT EXISTS (
                SELECT FROM conversation_merges AS g
                WHERE g.customer_id = c.customer_id AND g.into_id = c.id AND g.reason = 'agent'
            )
            AND NOT EXISTS (
                SELECT FROM conversation_splits AS s
                WHERE s.customer_id = c.customer_id AND c.id IN (s.from_id, s.into_id)
            ) THEN 'subject' END,
        CASE WHEN c.last_activity_at <> t.last_at THEN 'last_activity_at' END,
        CASE WHEN c.last_message_id <> t.last_id THEN 'last_message_id' END,
        CASE WHEN c.last_message_direction <> t.last_direction
            THEN 'last_message_direction' END,
        CASE WHEN c.last_outbound_at IS DISTINCT FROM t.last_outbound_at
            THEN 'last_outbound_at' END,
        CASE WHEN c.waiting_since IS DISTINCT FROM waiting.since THEN 'waiting_since' END
    ], NULL) AS columns
) AS n
WHERE t.messages > 0 AND cardinality(n.columns) > 0

-- name: list_incomplete
-- In which of these conversations there is nothing, though nobody wrote a note either; a message
-- whose event is not there, though it could not be forgotten yet; or one of whose people, as far
-- as its event still tells, somebody does not take part; in which somebody takes part who neither
-- wrote nor was written to, where nothing was split off.
SELECT c.id::text, n.columns
FROM unnest(%(ids)s::uuid[]) AS w (id)
JOIN conversations AS c ON c.customer_id = %(customer_id)s::bigint AND c.id = w.id
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
        CASE WHEN NOT EXISTS (
            SELECT FROM messages AS m
            WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
        ) AND NOT EXISTS (
            SELECT FROM notes AS o
            WHERE o.customer_id = c.customer_id AND o.conversation_id = c.id
        ) THEN 'messages' END,
        CASE WHEN EXISTS (
            SELECT FROM messages AS m
            WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
                AND m.event_id IS NOT NULL AND m.received_at > now() - interval '7 days'
                AND NOT EXISTS (
                    SELECT FROM inbound_events AS e
                    WHERE e.customer_id = m.customer_id AND e.id = m.event_id
                )
        ) THEN 'events' END,
        CASE WHEN EXISTS (
            SELECT FROM messages AS m
            JOIN inbound_events AS e ON e.customer_id = m.customer_id AND e.id = m.event_id
            CROSS JOIN LATERAL (
                SELECT m.from_hash AS hash
                UNION ALL
                SELECT r.address_hash
                FROM message_recipients AS r
                WHERE r.customer_id = m.customer_id AND r.message_id = m.id
            ) AS met
            WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
                AND NOT EXISTS (
                    SELECT FROM conversation_participants AS p
                    WHERE p.customer_id = m.customer_id AND p.conversation_id = m.conversation_id
                        AND p.address_hash = met.hash
                )
        ) THEN 'participants' END,
        CASE WHEN EXISTS (
            SELECT FROM conversation_participants AS p
            WHERE p.customer_id = c.customer_id AND p.conversation_id = c.id AND p.role = 'other'
                AND NOT EXISTS (
                    SELECT FROM messages AS m
                    WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
                        AND m.from_hash = p.address_hash
                )
                AND NOT EXISTS (
                    SELECT FROM messages AS m
                    JOIN message_recipients AS r
                        ON r.customer_id = m.customer_id AND r.message_id = m.id
                    WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
                        AND r.address_hash = p.address_hash
                )
        )
        AND EXISTS (
            SELECT FROM messages AS m
            WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
        )
        AND NOT EXISTS (
            SELECT FROM conversation_splits AS s
            WHERE s.customer_id = c.customer_id AND c.id IN (s.from_id, s.into_id)
        ) THEN 'extra_participants' END
    ], NULL) AS columns
) AS n
WHERE cardinality(n.columns) > 0

-- name: list_previews
-- What these conversations show of their last message, and what it says.
SELECT
    c.id::text, c.last_message_preview, b.text, m.body_format, m.subject,
    (
        SELECT count(*) FROM attachments AS a
        WHERE a.customer_id = m.customer_id AND a.message_id = m.id
    ) AS attachments
FROM unnest(%(ids)s::uuid[]) AS w (id)
JOIN conversations AS c ON c.customer_id = %(customer_id)s::bigint AND c.id = w.id
JOIN messages AS m ON m.customer_id = c.customer_id AND m.id = c.last_message_id
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE m.status <> 'canceled'
