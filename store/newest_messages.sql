-- name: find_edge
-- The last of so many messages below a given one: as far as a page looks.
SELECT m.id
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint
    AND m.id < %(before_id)s::uuid
    AND m.id >= %(from_id)s::uuid
ORDER BY m.id DESC
OFFSET %(window)s::bigint - 1
LIMIT 1

-- name: match_range
-- Which messages of a range match, newest first.
SELECT m.id
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint
    AND m.id < %(before_id)s::uuid
    AND m.id >= %(from_id)s::uuid
    AND (%(channel_id)s::uuid IS NULL OR m.channel_id = %(channel_id)s::uuid)
    AND (%(conversation_id)s::uuid IS NULL OR m.conversation_id = %(conversation_id)s::uuid)
    AND (%(direction)s::text IS NULL OR m.direction = %(direction)s::text)
    AND (%(statuses)s::text[] IS NULL OR m.status = ANY (%(statuses)s::text[]))
    AND (%(kinds)s::text[] IS NULL OR m.kind = ANY (%(kinds)s::text[]))
    AND (
        %(has_attachments)s::boolean IS NULL
        OR %(has_attachments)s::boolean = EXISTS (
            SELECT FROM attachments AS f
            WHERE f.customer_id = m.customer_id AND f.message_id = m.id
        )
    )
    AND (
        %(contact_hashes)s::bigint[] IS NULL
        OR EXISTS (
            SELECT FROM conversation_participants AS p
            WHERE p.customer_id = m.customer_id
                AND p.conversation_id = m.conversation_id
                AND p.address_hash = ANY (%(contact_hashes)s::bigint[])
        )
    )
ORDER BY m.id DESC
LIMIT %(row_count)s::bigint

-- name: match_given
-- Which of these messages match, newest first.
SELECT m.id
FROM unnest(%(message_ids)s::uuid[]) AS given (id)
JOIN messages AS m ON m.customer_id = %(customer_id)s::bigint AND m.id = given.id
WHERE m.id < %(before_id)s::uuid
    AND m.id >= %(from_id)s::uuid
    AND (%(channel_id)s::uuid IS NULL OR m.channel_id = %(channel_id)s::uuid)
    AND (%(conversation_id)s::uuid IS NULL OR m.conversation_id = %(conversation_id)s::uuid)
    AND (%(direction)s::text IS NULL OR m.direction = %(direction)s::text)
    AND (%(statuses)s::text[] IS NULL OR m.status = ANY (%(statuses)s::text[]))
    AND (%(kinds)s::text[] IS NULL OR m.kind = ANY (%(kinds)s::text[]))
    AND (
        %(has_attachments)s::boolean IS NULL
        OR %(has_attachments)s::boolean = EXISTS (
            SELECT FROM attachments AS f
            WHERE f.customer_id = m.customer_id AND f.message_id = m.id
        )
    )
    AND (
        %(contact_hashes)s::bigint[] IS NULL
        OR EXISTS (
            SELECT FROM conversation_participants AS p
            WHERE p.customer_id = m.customer_id
                AND p.conversation_id = m.conversation_id
                AND p.address_hash = ANY (%(contact_hashes)s::bigint[])
        )
    )
ORDER BY m.id DESC
LIMIT %(row_count)s::bigint

-- name: find_conversations
-- The conversations of a contact up to `most`, with how many messages they have together.
WITH taken AS MATERIALIZED (
    SELECT DISTINCT p.conversation_id
    FROM conversation_participants AS p
    WHERE p.customer_id = %(customer_id)s::bigint
        AND p.address_hash = ANY (%(contact_hashes)s::bigint[])
    LIMIT %(most)s::bigint
)
SELECT coalesce(array_agg(c.id), '{}'), coalesce(sum(c.message_count), 0)::bigint
FROM taken AS t
JOIN conversations AS c ON c.customer_id = %(customer_id)s::bigint AND c.id = t.conversation_id

-- name: count_conversation
-- How many messages a conversation has.
SELECT c.message_count
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(conversation_id)s::uuid

-- name: find_in_conversations
-- The messages of some conversations, newest first. OFFSET 0 has all of theirs read and sorted, and
-- not those of everybody in order until there are enough.
SELECT theirs.id
FROM (
    SELECT m.id
    FROM messages AS m
    WHERE m.customer_id = %(customer_id)s::bigint
        AND m.conversation_id = ANY (%(conversation_ids)s::uuid[])
        AND m.id < %(before_id)s::uuid
        AND m.id >= %(from_id)s::uuid
    OFFSET 0
) AS theirs
ORDER BY theirs.id DESC
LIMIT %(row_count)s::bigint

-- name: find_contact
-- The addresses of a contact, or of whom it was merged into.
SELECT a.hash
FROM addresses AS a
WHERE a.customer_id = %(customer_id)s::bigint
    AND a.contact_id = (
        SELECT coalesce(ct.merged_into, ct.id) FROM contacts AS ct
        WHERE ct.customer_id = %(customer_id)s::bigint AND ct.id = %(contact_id)s::uuid
    )
