-- name: next_walk
-- Whose rows of a kind have waited longest to be looked at, and where to go on.
SELECT c.id, w.after_id
FROM customers AS c
LEFT JOIN derived_walks AS w ON w.customer_id = c.id AND w.part = %(part)s::text
ORDER BY w.looked_at NULLS FIRST, c.id
LIMIT 1

-- name: note_walk
-- Note how far a walk has come; NULL: to its end.
INSERT INTO derived_walks (customer_id, part, after_id, looked_at)
VALUES (%(customer_id)s::bigint, %(part)s::text, %(after_id)s::text, now())
ON CONFLICT (customer_id, part) DO UPDATE SET
    after_id = excluded.after_id, looked_at = excluded.looked_at

-- name: next_conversations
-- The next conversations, up to a number of them and of their messages.
SELECT n.id::text
FROM (
    SELECT c.id, sum(c.message_count) OVER (ORDER BY c.id) - c.message_count AS messages_before
    FROM (
        SELECT c.id, c.message_count
        FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s::bigint
            AND c.id > coalesce(%(after_id)s::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY c.id
        LIMIT %(limit)s::bigint
    ) AS c
) AS n
WHERE n.messages_before < %(most_messages)s::bigint
ORDER BY n.id

-- name: next_messages
-- The next messages.
SELECT m.id::text
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint
    AND m.id > coalesce(%(after_id)s::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY m.id
LIMIT %(limit)s::bigint

-- name: next_receipts
-- The next receipts.
SELECT r.event_id::text
FROM message_receipts AS r
WHERE r.customer_id = %(customer_id)s::bigint
    AND r.event_id > coalesce(%(after_id)s::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY r.event_id
LIMIT %(limit)s::bigint

-- name: next_documents
-- The next messages that have or should have a document, and documents without a message.
SELECT n.id::text
FROM (
    (
        SELECT m.id
        FROM messages AS m
        WHERE m.customer_id = %(customer_id)s::bigint
            AND m.id > coalesce(%(after_id)s::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY m.id
        LIMIT %(limit)s::bigint
    )
    UNION
    (
        SELECT d.message_id
        FROM search_documents AS d
        WHERE d.customer_id = %(customer_id)s::bigint
            AND d.message_id > coalesce(%(after_id)s::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY d.message_id
        LIMIT %(limit)s::bigint
    )
) AS n
ORDER BY n.id
LIMIT %(limit)s::bigint

-- name: next_clean_bodies
-- The next clean texts.
SELECT c.hash::text
FROM clean_bodies AS c
WHERE c.customer_id = %(customer_id)s::bigint
    AND c.hash > coalesce(%(after_id)s::bigint, -9223372036854775808)
ORDER BY c.hash
LIMIT %(limit)s::bigint

-- name: next_bodies
-- The next texts.
SELECT b.hash::text
FROM bodies AS b
WHERE b.customer_id = %(customer_id)s::bigint
    AND b.hash > coalesce(%(after_id)s::bigint, -9223372036854775808)
ORDER BY b.hash
LIMIT %(limit)s::bigint

-- name: next_addresses
-- The next addresses.
SELECT a.hash::text
FROM addresses AS a
WHERE a.customer_id = %(customer_id)s::bigint
    AND a.hash > coalesce(%(after_id)s::bigint, -9223372036854775808)
ORDER BY a.hash
LIMIT %(limit)s::bigint

-- name: next_figures
-- The next conversations that there are or were, or that are counted.
SELECT n.id::text
FROM (
    (
        SELECT c.id
        FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s::bigint
            AND c.id > coalesce(%(after_id)s::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY c.id
        LIMIT %(limit)s::bigint
    )
    UNION
    (
        SELECT DISTINCT f.conversation_id
        FROM conversation_figures AS f
        WHERE f.customer_id = %(customer_id)s::bigint
            AND f.conversation_id
            > coalesce(%(after_id)s::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY f.conversation_id
        LIMIT %(limit)s::bigint
    )
) AS n
ORDER BY n.id
LIMIT %(limit)s::bigint

-- name: next_days
-- The next days for which there are roll-ups or figures of conversations.
WITH RECURSIVE days (nth, day) AS (
    SELECT 0::bigint, coalesce(%(after_id)s::timestamptz, '0001-01-01 00:00:00+00'::timestamptz)
    UNION ALL
    SELECT
        d.nth + 1,
        least(
            (
                SELECT min(f.day_starts_at)
                FROM conversation_figures AS f
                WHERE f.customer_id = %(customer_id)s::bigint AND f.day_starts_at > d.day
            ),
            (
                SELECT date_trunc('day', min(r.starts_at), z.zone)
                FROM rollups AS r
                WHERE r.customer_id = %(customer_id)s::bigint
                    AND r.starts_at >= date_trunc('day', d.day + interval '36 hours', z.zone)
            )
        )
    FROM days AS d
    CROSS JOIN (SELECT calendar_zone(%(customer_id)s::bigint)) AS z (zone)
    WHERE d.day IS NOT NULL AND d.nth < %(limit)s::bigint
)
SELECT to_char(d.day AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM days AS d
WHERE d.nth > 0 AND d.day IS NOT NULL
ORDER BY d.nth

-- name: conversations_of
-- In which conversations some messages are.
SELECT DISTINCT m.conversation_id::text
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = ANY(%(ids)s::uuid[])

-- name: next_events
-- The next events.
SELECT e.id::text
FROM inbound_events AS e
WHERE e.customer_id = %(customer_id)s::bigint
    AND e.id > coalesce(%(after_id)s::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY e.id
LIMIT %(limit)s::bigint

-- name: list_unmade
-- Which of these events are settled and nothing was made of them.
SELECT e.id::text, ARRAY[CASE e.kind WHEN 'message' THEN 'messages' ELSE 'message_receipts' END]
FROM unnest(%(ids)s::uuid[]) AS t (id)
JOIN inbound_events AS e ON e.customer_id = %(customer_id)s::bigint AND e.id = t.id
WHERE e.kind <> 'unreadable'
    AND NOT EXISTS (
        SELECT FROM messages AS m WHERE m.customer_id = e.customer_id AND m.id = e.id
    )
    AND NOT EXISTS (
        SELECT FROM message_receipts AS r
        WHERE r.customer_id = e.customer_id AND r.event_id = e.id
    )
    AND NOT EXISTS (
        SELECT FROM message_copies AS k WHERE k.customer_id = e.customer_id AND k.event_id = e.id
    )
    AND NOT EXISTS (
        SELECT FROM message_parts AS p
        JOIN messages AS w ON w.customer_id = p.customer_id AND w.id = p.message_id
        WHERE p.customer_id = e.customer_id AND p.event_id = e.id
    )
    AND NOT EXISTS (
        SELECT FROM inbound_queue AS q WHERE q.customer_id = e.customer_id AND q.event_id = e.id
    )
    AND NOT EXISTS (
        SELECT FROM dead_letters AS d
        WHERE d.customer_id = e.customer_id AND d.event_id = e.id
            AND d.resolution IS DISTINCT FROM 'retried'
    )

-- name: list_noted
-- What differed before, longest not looked at first; by customer.
SELECT o.customer_id, o.id
FROM (
    SELECT d.customer_id, d.id
    FROM derived_differences AS d
    WHERE d.part = %(part)s::text
    ORDER BY d.last_seen_at
    LIMIT %(limit)s::bigint
) AS o
ORDER BY o.customer_id

-- name: forget_equal
-- Of what was compared, forget what does not differ or is no more.
DELETE FROM derived_differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = %(part)s::text
    AND d.id = ANY(%(compared)s::text[]) AND d.id <> ALL(%(ids)s::text[])

-- name: note_differing
-- Keep what differs, and since when.
INSERT INTO derived_differences (customer_id, part, id, columns)
SELECT
    %(customer_id)s::bigint, %(part)s::text, t.id, string_to_array(t.columns, ' ')
FROM unnest(%(ids)s::text[], %(columns)s::text[]) AS t (id, columns)
ORDER BY t.id
ON CONFLICT (customer_id, part, id) DO UPDATE SET
    columns = excluded.columns, last_seen_at = excluded.last_seen_at
RETURNING first_seen_at = last_seen_at

-- name: count_differing
-- How much differs, by customer and part, counted so far and no further, and since when.
SELECT c.name AS customer, d.part, count(*) AS rows, min(d.first_seen_at) AS since
FROM (
    SELECT d.customer_id, d.part, d.first_seen_at
    FROM derived_differences AS d
    LIMIT %(most)s::bigint
) AS d
JOIN customers AS c ON c.id = d.customer_id
GROUP BY c.id, c.name, d.part
ORDER BY c.id, d.part
