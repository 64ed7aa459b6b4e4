-- name: bear_message_ids_again
-- Message-IDs lead to their mails again.
UPDATE public.email_message_ids AS i
SET message_id = r.message_id
FROM rebuild.differences AS d
JOIN rebuild.email_message_ids AS r
    ON r.customer_id = d.customer_id AND r.channel_id = d.channel_id AND r.hash = d.id
JOIN public.messages AS m ON m.customer_id = r.customer_id AND m.id = r.message_id
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'email_message_ids'
    AND i.customer_id = d.customer_id AND i.channel_id = d.channel_id AND i.hash = d.id
    AND i.message_id IS NULL

-- name: await_again
-- Conversations wait again for what they waited for.
INSERT INTO public.email_awaited (customer_id, channel_id, hash, conversation_id, sender_hash)
SELECT d.customer_id, d.channel_id, d.word::uuid, d.id, d.hash
FROM rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'email_awaited'
ON CONFLICT DO NOTHING

-- name: write_participants
-- Everybody takes part who should.
INSERT INTO public.conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT d.customer_id, d.id, d.hash, d.word
FROM rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'conversation_participants'
    AND d.kind = 'missing'
ON CONFLICT DO NOTHING

-- name: drop_participants_again
-- Nobody else does.
DELETE FROM public.conversation_participants AS p
USING rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'conversation_participants'
    AND d.kind = 'extra'
    AND p.customer_id = d.customer_id AND p.conversation_id = d.id
    AND p.address_hash = d.hash AND p.role = d.word

-- name: number_messages
-- Where numbers are missing, those that were written just now take them; then no number is.
INSERT INTO rebuild.numbers (
    customer_id, conversation_id, message_id, old_seq, new_seq, is_written
)
WITH holed AS MATERIALIZED (
    SELECT d.id
    FROM rebuild.differences AS d
    WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'conversations'
        AND 'seq' = ANY(d.columns)
),
numbered AS MATERIALIZED (
    SELECT
        m.conversation_id, m.id, m.seq, w.id IS NOT NULL AS is_written,
        row_number() OVER (
            PARTITION BY m.conversation_id, w.id IS NOT NULL ORDER BY m.sent_at, m.id
        ) AS nth
    FROM holed AS h
    JOIN public.messages AS m
        ON m.customer_id = %(customer_id)s::bigint AND m.conversation_id = h.id
    LEFT JOIN rebuild.written AS w ON w.customer_id = m.customer_id AND w.id = m.id
),
free AS MATERIALIZED (
    SELECT
        n.conversation_id, s.seq,
        row_number() OVER (PARTITION BY n.conversation_id ORDER BY s.seq) AS nth
    FROM (
        SELECT n.conversation_id, max(n.seq) AS last_seq FROM numbered AS n
        GROUP BY n.conversation_id
    ) AS n
    CROSS JOIN LATERAL generate_series(1, n.last_seq) AS s (seq)
    WHERE NOT EXISTS (
        SELECT FROM numbered AS o
        WHERE o.conversation_id = n.conversation_id AND o.seq = s.seq AND NOT o.is_written
    )
)
SELECT
    %(customer_id)s::bigint, n.conversation_id, n.id, n.seq,
    row_number() OVER (
        PARTITION BY n.conversation_id
        ORDER BY CASE WHEN n.is_written THEN f.seq ELSE n.seq END
    ),
    n.is_written
FROM numbered AS n
LEFT JOIN free AS f ON f.conversation_id = n.conversation_id AND f.nth = n.nth

-- name: lift_numbers
-- Out of each other's way first.
UPDATE public.messages AS m
SET seq = m.seq + 1000000000
FROM rebuild.numbers AS n
WHERE n.customer_id = %(customer_id)s::bigint AND n.new_seq <> n.old_seq
    AND m.customer_id = n.customer_id AND m.id = n.message_id

-- name: lower_numbers
-- Then to where they belong.
UPDATE public.messages AS m
SET seq = n.new_seq
FROM rebuild.numbers AS n
WHERE n.customer_id = %(customer_id)s::bigint AND n.new_seq <> n.old_seq
    AND m.customer_id = n.customer_id AND m.id = n.message_id

-- name: renumber_queued
-- What is still to be sent has the number of its message.
UPDATE public.outbound_queue AS q
SET seq = n.new_seq
FROM rebuild.numbers AS n
WHERE n.customer_id = %(customer_id)s::bigint AND n.new_seq <> n.old_seq
    AND q.customer_id = n.customer_id AND q.message_id = n.message_id

-- name: renumber_read_marks
-- Agents have read what they had read.
UPDATE public.read_marks AS r
SET last_read_seq = coalesce((
    SELECT max(n.new_seq)
    FROM rebuild.numbers AS n
    WHERE n.customer_id = r.customer_id AND n.conversation_id = r.conversation_id
        AND n.old_seq <= r.last_read_seq AND NOT n.is_written
), 0)
WHERE r.customer_id = %(customer_id)s::bigint
    AND r.conversation_id IN (
        SELECT n.conversation_id FROM rebuild.numbers AS n
        WHERE n.customer_id = %(customer_id)s::bigint
    )

-- name: list_unlike_conversations
-- Conversations that are to be counted again.
SELECT DISTINCT d.id
FROM rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'conversations'
    AND d.kind = 'changed'
ORDER BY d.id

-- name: mend_subjects
-- The subject is the first message's.
UPDATE public.conversations AS c
SET subject = m.subject
FROM rebuild.differences AS d, public.messages AS m
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'conversations'
    AND 'subject' = ANY(d.columns)
    AND c.customer_id = d.customer_id AND c.id = d.id
    AND m.customer_id = c.customer_id AND m.id = c.first_message_id

-- name: mend_current
-- New messages of a key go to its last conversation.
UPDATE public.conversations AS c
SET is_current = true
FROM rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'conversations'
    AND 'is_current' = ANY(d.columns)
    AND c.customer_id = d.customer_id AND c.id = d.id

-- name: list_empty_conversations
-- Conversations in which there is nothing, and which are to go.
SELECT d.id
FROM rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'conversations' AND d.kind = 'extra'

-- name: empty_participants
-- Nobody takes part in them.
DELETE FROM public.conversation_participants AS p
WHERE p.customer_id = %(customer_id)s::bigint AND p.conversation_id = ANY(%(ids)s::uuid[])

-- name: empty_awaited
-- They wait for nothing.
DELETE FROM public.email_awaited AS w
WHERE w.customer_id = %(customer_id)s::bigint AND w.conversation_id = ANY(%(ids)s::uuid[])

-- name: empty_tags
-- They have no tags.
DELETE FROM public.conversation_tags AS t
WHERE t.customer_id = %(customer_id)s::bigint AND t.conversation_id = ANY(%(ids)s::uuid[])

-- name: drop_empty_conversations
-- They are not there.
DELETE FROM public.conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])

-- name: touch_mended
-- These conversations changed.
UPDATE public.conversations AS c
SET version = c.version + 1
WHERE c.customer_id = %(customer_id)s::bigint
    AND (
        c.id = ANY(%(ids)s::uuid[])
        OR c.id IN (
            SELECT m.conversation_id
            FROM rebuild.written AS w
            JOIN public.messages AS m ON m.customer_id = w.customer_id AND m.id = w.id
            WHERE w.customer_id = %(customer_id)s::bigint
        )
    )
RETURNING c.id, c.version
