-- name: list_empty
-- Which of these conversations have neither messages nor notes nor tags, nobody who handles them, and
-- were not part of a merge or split.
SELECT c.id::text
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])
    AND c.assignee_id IS NULL
    AND NOT EXISTS (
        SELECT FROM messages AS m WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
    )
    AND NOT EXISTS (
        SELECT FROM notes AS n WHERE n.customer_id = c.customer_id AND n.conversation_id = c.id
    )
    AND NOT EXISTS (
        SELECT FROM conversation_tags AS t
        WHERE t.customer_id = c.customer_id AND t.conversation_id = c.id
    )
    AND NOT EXISTS (
        SELECT FROM conversation_merges AS g
        WHERE g.customer_id = c.customer_id AND g.into_id = c.id
    )
    AND NOT EXISTS (
        SELECT FROM conversation_splits AS s
        WHERE s.customer_id = c.customer_id AND c.id IN (s.from_id, s.into_id)
    )

-- name: empty_participants
-- Nobody takes part in them.
DELETE FROM conversation_participants AS p
WHERE p.customer_id = %(customer_id)s::bigint AND p.conversation_id = ANY(%(ids)s::uuid[])

-- name: empty_awaited
-- They wait for nothing.
DELETE FROM email_awaited AS w
WHERE w.customer_id = %(customer_id)s::bigint AND w.conversation_id = ANY(%(ids)s::uuid[])

-- name: drop_empty
-- They are not there.
DELETE FROM conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])

-- name: lower_read_marks
-- Agents have read as many messages as they had.
UPDATE read_marks AS r
SET last_read_seq = (
    SELECT count(*)
    FROM messages AS m
    WHERE m.customer_id = r.customer_id AND m.conversation_id = r.conversation_id
        AND m.seq <= r.last_read_seq
)
WHERE r.customer_id = %(customer_id)s::bigint AND r.conversation_id = ANY(%(ids)s::uuid[])

-- name: lift_numbers
-- Out of each other's way first.
UPDATE messages AS m
SET seq = m.seq + 1000000000
WHERE m.customer_id = %(customer_id)s::bigint AND m.conversation_id = ANY(%(ids)s::uuid[])

-- name: lower_numbers
-- Then from 1 on, in the same order.
UPDATE messages AS m
SET seq = n.seq
FROM (
    SELECT
        o.customer_id, o.id,
        row_number() OVER (PARTITION BY o.conversation_id ORDER BY o.seq) AS seq
    FROM messages AS o
    WHERE o.customer_id = %(customer_id)s::bigint AND o.conversation_id = ANY(%(ids)s::uuid[])
) AS n
WHERE m.customer_id = n.customer_id AND m.id = n.id

-- name: renumber_queued
-- What is still to be sent has the number of its message.
UPDATE outbound_queue AS q
SET seq = m.seq
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint AND m.conversation_id = ANY(%(ids)s::uuid[])
    AND q.customer_id = m.customer_id AND q.message_id = m.id AND q.seq <> m.seq

-- name: write_participants
-- Everybody takes part who wrote or was written to.
INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT DISTINCT
    m.customer_id, m.conversation_id, met.hash,
    CASE WHEN EXISTS (
        SELECT FROM addresses AS a
        JOIN own_addresses AS o ON o.customer_id = a.customer_id AND o.value = a.value
        WHERE a.customer_id = m.customer_id AND a.hash = met.hash
    ) THEN 'own' ELSE 'other' END
FROM messages AS m
CROSS JOIN LATERAL (
    SELECT m.from_hash AS hash
    UNION
    SELECT r.address_hash
    FROM message_recipients AS r
    WHERE r.customer_id = m.customer_id AND r.message_id = m.id
) AS met
WHERE m.customer_id = %(customer_id)s::bigint AND m.conversation_id = ANY(%(ids)s::uuid[])
    AND NOT EXISTS (
        SELECT FROM conversation_participants AS p
        WHERE p.customer_id = m.customer_id AND p.conversation_id = m.conversation_id
            AND p.address_hash = met.hash
    )
ON CONFLICT DO NOTHING

-- name: drop_participants
-- Nobody takes part who neither wrote nor was written to.
DELETE FROM conversation_participants AS p
WHERE p.customer_id = %(customer_id)s::bigint AND p.conversation_id = ANY(%(ids)s::uuid[])
    AND p.role = 'other'
    AND NOT EXISTS (
        SELECT FROM messages AS m
        WHERE m.customer_id = p.customer_id AND m.conversation_id = p.conversation_id
            AND m.from_hash = p.address_hash
    )
    AND NOT EXISTS (
        SELECT FROM messages AS m
        JOIN message_recipients AS r ON r.customer_id = m.customer_id AND r.message_id = m.id
        WHERE m.customer_id = p.customer_id AND m.conversation_id = p.conversation_id
            AND r.address_hash = p.address_hash
    )

-- name: subject_again
-- The subject is the first message's.
UPDATE conversations AS c
SET subject = m.subject
FROM messages AS m
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])
    AND m.customer_id = c.customer_id AND m.id = c.first_message_id
