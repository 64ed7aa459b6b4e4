-- name: find_awaited
-- Conversations that no longer wait for what their first mail answers, though it is not there yet.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, channel_id, hash, word)
SELECT
    m.customer_id, 'email_awaited', 'missing', m.conversation_id::text, m.conversation_id,
    r.channel_id, m.from_hash, r.hash::text
FROM rebuild.refs AS r
JOIN rebuild.derived AS d ON d.customer_id = r.customer_id AND d.event_id = r.event_id
JOIN public.messages AS m ON m.customer_id = r.customer_id AND m.id = r.event_id
JOIN public.conversations AS c
    ON c.customer_id = m.customer_id AND c.id = m.conversation_id AND c.key_hash = d.key_hash
LEFT JOIN public.email_message_ids AS i
    ON i.customer_id = r.customer_id AND i.channel_id = r.channel_id AND i.hash = r.hash
LEFT JOIN public.email_awaited AS w
    ON w.customer_id = r.customer_id AND w.channel_id = r.channel_id AND w.hash = r.hash
        AND w.conversation_id = m.conversation_id
WHERE r.customer_id = %(customer_id)s::bigint AND w.hash IS NULL AND i.message_id IS NULL
    AND NOT EXISTS (
        SELECT FROM rebuild.derived AS b
        WHERE b.customer_id = r.customer_id AND b.channel_id = r.channel_id
            AND b.own_id = r.hash AND b.kind = 'message'
    )
    AND NOT EXISTS (
        SELECT FROM public.conversation_splits AS s
        WHERE s.customer_id = m.customer_id
            AND m.conversation_id IN (s.from_id, s.into_id)
    )

-- name: find_missing_participants
-- Whoever wrote or was written to takes part, and so do we.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, hash, word)
SELECT
    %(customer_id)s::bigint, 'conversation_participants', 'missing', n.conversation_id::text,
    n.conversation_id, n.hash, n.role
FROM (
    SELECT
        m.conversation_id, a.stored AS hash,
        CASE WHEN o.hash IS NULL AND w.hash IS NULL THEN 'other' ELSE 'own' END AS role
    FROM (
        SELECT r.customer_id, r.id, r.from_hash AS hash
        FROM rebuild.messages AS r
        WHERE r.customer_id = %(customer_id)s::bigint
        UNION
        SELECT t.customer_id, t.message_id, t.address_hash
        FROM rebuild.message_recipients AS t
        WHERE t.customer_id = %(customer_id)s::bigint
    ) AS met
    JOIN rebuild.explained AS x ON x.customer_id = met.customer_id AND x.id = met.id
    JOIN public.messages AS m ON m.customer_id = met.customer_id AND m.id = met.id
    JOIN rebuild.address_map AS a ON a.customer_id = met.customer_id AND a.rebuilt = met.hash
    LEFT JOIN rebuild.own_hashes AS o ON o.customer_id = met.customer_id AND o.hash = a.stored
    LEFT JOIN rebuild.own_in_messages AS w
        ON w.customer_id = met.customer_id AND w.message_id = met.id AND w.hash = a.stored
    UNION
    SELECT m.conversation_id, w.hash, 'own'
    FROM rebuild.own_in_messages AS w
    JOIN rebuild.explained AS x ON x.customer_id = w.customer_id AND x.id = w.message_id
    JOIN public.messages AS m ON m.customer_id = w.customer_id AND m.id = w.message_id
    WHERE w.customer_id = %(customer_id)s::bigint
) AS n
LEFT JOIN public.conversation_participants AS p
    ON p.customer_id = %(customer_id)s::bigint AND p.conversation_id = n.conversation_id
        AND p.address_hash = n.hash AND p.role = n.role
WHERE p.conversation_id IS NULL AND n.hash IS NOT NULL

-- name: find_extra_participants
-- Whoever takes part and neither wrote nor was written to. What was split off leaves its people.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, hash, word)
SELECT
    p.customer_id, 'conversation_participants', 'extra', p.conversation_id::text,
    p.conversation_id, p.address_hash, p.role
FROM public.conversation_participants AS p
JOIN public.conversations AS c ON c.customer_id = p.customer_id AND c.id = p.conversation_id
LEFT JOIN (
    SELECT
        met.conversation_id, met.hash,
        CASE WHEN o.hash IS NULL AND w.hash IS NULL THEN 'other' ELSE 'own' END AS role
    FROM (
        SELECT m.customer_id, m.id, m.conversation_id, m.from_hash AS hash
        FROM public.messages AS m
        WHERE m.customer_id = %(customer_id)s::bigint
        UNION
        SELECT m.customer_id, m.id, m.conversation_id, r.address_hash
        FROM public.messages AS m
        JOIN public.message_recipients AS r
            ON r.customer_id = m.customer_id AND r.message_id = m.id
        WHERE m.customer_id = %(customer_id)s::bigint
    ) AS met
    LEFT JOIN rebuild.own_hashes AS o ON o.customer_id = met.customer_id AND o.hash = met.hash
    LEFT JOIN rebuild.own_in_messages AS w
        ON w.customer_id = met.customer_id AND w.message_id = met.id AND w.hash = met.hash
    UNION
    SELECT m.conversation_id, w.hash, 'own'
    FROM rebuild.own_in_messages AS w
    JOIN public.messages AS m ON m.customer_id = w.customer_id AND m.id = w.message_id
    WHERE w.customer_id = %(customer_id)s::bigint
) AS n
    ON n.conversation_id = p.conversation_id AND n.hash = p.address_hash AND n.role = p.role
WHERE p.customer_id = %(customer_id)s::bigint
    AND (%(channel_id)s::uuid IS NULL OR c.channel_id = %(channel_id)s::uuid)
    AND n.conversation_id IS NULL
    AND NOT EXISTS (
        SELECT FROM public.conversation_splits AS s
        WHERE s.customer_id = p.customer_id
            AND p.conversation_id IN (s.from_id, s.into_id)
    )
    AND NOT EXISTS (
        SELECT FROM rebuild.differences AS d
        WHERE d.customer_id = p.customer_id AND d.part = 'messages'
            AND (d.kind = 'missing' OR d.columns && '{conversation_id,from_hash}'::text[])
    )

-- name: find_missing_conversations
-- Conversations that are not there at all: none of their messages is.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, channel_id)
SELECT DISTINCT r.customer_id, 'conversations', 'missing', r.id::text, r.id, r.channel_id
FROM rebuild.differences AS d
JOIN rebuild.messages AS m ON m.customer_id = d.customer_id AND m.id = d.id
JOIN rebuild.conversations AS r ON r.customer_id = m.customer_id AND r.id = m.conversation_id
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'messages' AND d.kind = 'missing'
    AND NOT EXISTS (
        SELECT FROM public.conversations AS c
        WHERE c.customer_id = r.customer_id AND c.id = r.id
    )
    AND NOT EXISTS (
        SELECT FROM public.conversation_merges AS g
        WHERE g.customer_id = r.customer_id AND g.from_id = r.id
    )

-- name: find_extra_conversations
-- Conversations in which there is nothing, and of which nobody wrote anything.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, channel_id)
SELECT c.customer_id, 'conversations', 'extra', c.id::text, c.id, c.channel_id
FROM public.conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint
    AND (%(channel_id)s::uuid IS NULL OR c.channel_id = %(channel_id)s::uuid)
    AND NOT EXISTS (
        SELECT FROM public.messages AS m
        WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
    )
    AND NOT EXISTS (
        SELECT FROM rebuild.derived AS d
        WHERE d.customer_id = c.customer_id AND d.kind = 'message'
            AND d.channel_id = c.channel_id AND d.key_hash = c.key_hash
    )
    AND NOT EXISTS (
        SELECT FROM public.notes AS n
        WHERE n.customer_id = c.customer_id AND n.conversation_id = c.id
    )

-- name: next_conversations
-- The next conversations.
SELECT c.id
FROM public.conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id > %(after_id)s::uuid
    AND (%(channel_id)s::uuid IS NULL OR c.channel_id = %(channel_id)s::uuid)
ORDER BY c.id
LIMIT %(limit)s::integer

-- name: find_changed_previews
-- Conversations that show another preview than that of the event of their last message.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, columns)
SELECT c.customer_id, 'conversations', 'changed', c.id::text, c.id, '{last_message_preview}'
FROM public.conversations AS c
JOIN rebuild.derived AS d
    ON d.customer_id = c.customer_id AND d.event_id = c.last_message_id AND d.kind = 'message'
WHERE c.customer_id = %(customer_id)s::bigint
    AND (%(channel_id)s::uuid IS NULL OR c.channel_id = %(channel_id)s::uuid)
    AND c.last_message_preview <> d.preview

-- name: find_lost_keys
-- Keys whose new messages would begin anew, because none of their conversations is current.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, channel_id, columns)
SELECT
    c.customer_id, 'conversations', 'changed', (array_agg(c.id ORDER BY c.generation DESC))[1]::text,
    (array_agg(c.id ORDER BY c.generation DESC))[1], c.channel_id, '{is_current}'
FROM public.conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint
    AND (%(channel_id)s::uuid IS NULL OR c.channel_id = %(channel_id)s::uuid)
GROUP BY c.customer_id, c.channel_id, c.key_hash
HAVING NOT bool_or(c.is_current)
    AND NOT EXISTS (
        SELECT FROM public.conversation_merges AS g
        WHERE g.customer_id = c.customer_id AND g.channel_id = c.channel_id
            AND g.key_hash = c.key_hash AND g.is_current
    )

-- name: list_previews
-- Conversations whose last message is ours, or older than the events, with what their preview is of.
SELECT
    c.id, c.last_message_preview, b.text, m.body_format, m.subject,
    (
        SELECT count(*) FROM public.attachments AS f
        WHERE f.customer_id = m.customer_id AND f.message_id = m.id
    ) AS attachments
FROM public.conversations AS c
JOIN public.messages AS m ON m.customer_id = c.customer_id AND m.id = c.last_message_id
JOIN public.bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE c.customer_id = %(customer_id)s::bigint AND c.id > %(after_id)s::uuid
    AND (%(channel_id)s::uuid IS NULL OR c.channel_id = %(channel_id)s::uuid)
    AND m.status <> 'canceled'
    AND NOT EXISTS (
        SELECT FROM rebuild.derived AS d
        WHERE d.customer_id = m.customer_id AND d.event_id = m.id AND d.kind = 'message'
    )
ORDER BY c.id
LIMIT %(limit)s::integer

-- name: add_changed
-- Conversations that say what is not so, and in which columns.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, columns)
SELECT
    %(customer_id)s::bigint, 'conversations', 'changed', t.id::text, t.id,
    string_to_array(t.columns, ' ')
FROM unnest(%(ids)s::uuid[], %(columns)s::text[]) AS t (id, columns)
