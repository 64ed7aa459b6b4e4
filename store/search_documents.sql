-- name: read_messages_to_index
-- What can be found of messages that are not in the index yet, in the order given.
SELECT
    m.customer_id, m.id AS message_id, b.text AS body, m.body_format, m.subject, m.from_name,
    ARRAY(
        SELECT a.kind FROM addresses AS a
        WHERE a.customer_id = m.customer_id AND a.hash IN (
            SELECT m.from_hash
            UNION ALL
            SELECT r.address_hash FROM message_recipients AS r
            WHERE r.customer_id = m.customer_id AND r.message_id = m.id
        )
        AND NOT EXISTS (
            SELECT FROM own_addresses AS o
            WHERE o.customer_id = a.customer_id AND o.value = a.value
        )
        ORDER BY a.hash
    ) AS kinds,
    ARRAY(
        SELECT a.value FROM addresses AS a
        WHERE a.customer_id = m.customer_id AND a.hash IN (
            SELECT m.from_hash
            UNION ALL
            SELECT r.address_hash FROM message_recipients AS r
            WHERE r.customer_id = m.customer_id AND r.message_id = m.id
        )
        AND NOT EXISTS (
            SELECT FROM own_addresses AS o
            WHERE o.customer_id = a.customer_id AND o.value = a.value
        )
        ORDER BY a.hash
    ) AS addresses,
    ARRAY(
        SELECT DISTINCT ct.name
        FROM addresses AS a
        JOIN contacts AS ct ON ct.customer_id = a.customer_id AND ct.id = a.contact_id
        WHERE a.customer_id = m.customer_id AND ct.name IS NOT NULL AND a.hash IN (
            SELECT m.from_hash
            UNION ALL
            SELECT r.address_hash FROM message_recipients AS r
            WHERE r.customer_id = m.customer_id AND r.message_id = m.id
        )
    ) AS contact_names
FROM unnest(%(customer_ids)s::bigint[], %(message_ids)s::uuid[]) WITH ORDINALITY
    AS asked (customer_id, message_id, place)
JOIN messages AS m ON m.customer_id = asked.customer_id AND m.id = asked.message_id
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE %(is_known)s::boolean = EXISTS (
    SELECT FROM search_documents AS d
    WHERE d.customer_id = m.customer_id AND d.message_id = m.id
)
ORDER BY asked.place

-- name: insert_documents
-- Put messages into the index, newer ones above older ones, and their words into the list of words.
WITH numbered AS MATERIALIZED (
    SELECT
        t.customer_id, t.message_id, t.shown, t.words, t.exact,
        nextval('search_number') AS number
    FROM (
        SELECT u.customer_id, u.message_id, u.shown, u.words, u.exact
        FROM unnest(
            %(customer_ids)b::bigint[], %(message_ids)b::uuid[], %(shown)b::text[],
            %(words)b::text[], %(exact)b::text[]
        ) WITH ORDINALITY AS u (customer_id, message_id, shown, words, exact, place)
        ORDER BY u.place
    ) AS t
),
added AS (
    INSERT INTO search_documents (customer_id, message_id, conversation_id, number, text, terms)
    SELECT
        n.customer_id, n.message_id, m.conversation_id, n.number, n.shown,
        to_tsvector(cu.search_language, n.words)
            || array_to_tsvector(
                string_to_array(n.exact, ' ')
                || (':' || n.customer_id || ':' || n.number / %(block)s::bigint)
            )
    FROM numbered AS n
    JOIN customers AS cu ON cu.id = n.customer_id
    JOIN messages AS m ON m.customer_id = n.customer_id AND m.id = n.message_id
    ORDER BY n.number
    ON CONFLICT (customer_id, message_id) DO NOTHING
    RETURNING customer_id, terms
)
INSERT INTO search_words (customer_id, word)
SELECT DISTINCT a.customer_id, w.word
FROM added AS a
CROSS JOIN LATERAL unnest(tsvector_to_array(a.terms)) AS w (word)
WHERE left(w.word, 1) <> ':'
ORDER BY a.customer_id, w.word
ON CONFLICT DO NOTHING

-- name: update_documents
-- Index messages again in their places, and put new words into the list of words.
WITH changed AS (
    UPDATE search_documents AS d
    SET conversation_id = m.conversation_id,
        text = t.shown,
        terms = to_tsvector(cu.search_language, t.words)
        || array_to_tsvector(
            string_to_array(t.exact, ' ')
            || (':' || d.customer_id || ':' || d.number / %(block)s::bigint)
        )
    FROM unnest(
        %(customer_ids)b::bigint[], %(message_ids)b::uuid[], %(shown)b::text[],
        %(words)b::text[], %(exact)b::text[]
    ) AS t (customer_id, message_id, shown, words, exact)
    JOIN customers AS cu ON cu.id = t.customer_id
    JOIN messages AS m ON m.customer_id = t.customer_id AND m.id = t.message_id
    WHERE d.customer_id = t.customer_id AND d.message_id = t.message_id
    RETURNING d.customer_id, d.terms
)
INSERT INTO search_words (customer_id, word)
SELECT DISTINCT c.customer_id, w.word
FROM changed AS c
CROSS JOIN LATERAL unnest(tsvector_to_array(c.terms)) AS w (word)
WHERE left(w.word, 1) <> ':'
ORDER BY c.customer_id, w.word
ON CONFLICT DO NOTHING

-- name: move_documents
-- Follow the messages of conversations that were merged or split to where they are now.
UPDATE search_documents AS d
SET conversation_id = m.conversation_id
FROM (
    SELECT t.customer_id, coalesce(g.into_id, t.conversation_id) AS conversation_id
    FROM unnest(%(customer_ids)s::bigint[], %(conversation_ids)s::uuid[])
        AS t (customer_id, conversation_id)
    LEFT JOIN conversation_merges AS g
        ON g.customer_id = t.customer_id AND g.from_id = t.conversation_id
) AS touched
JOIN messages AS m
    ON m.customer_id = touched.customer_id AND m.conversation_id = touched.conversation_id
WHERE d.customer_id = m.customer_id
  AND d.message_id = m.id
  AND d.conversation_id <> m.conversation_id

-- name: find_newest_of_contacts
-- The newest message of each of the latest conversations of some contacts.
SELECT found.customer_id, found.last_message_id
FROM unnest(%(customer_ids)s::bigint[], %(contact_ids)s::uuid[]) AS t (customer_id, contact_id)
CROSS JOIN LATERAL (
    SELECT c.customer_id, c.last_message_id
    FROM addresses AS a
    JOIN conversation_participants AS p
        ON p.customer_id = a.customer_id AND p.address_hash = a.hash
    JOIN conversations AS c ON c.customer_id = p.customer_id AND c.id = p.conversation_id
    WHERE a.customer_id = t.customer_id AND a.contact_id = t.contact_id
    ORDER BY c.last_activity_at DESC
    LIMIT %(row_count)s::bigint
) AS found

-- name: list_messages_to_index
-- A customer's messages behind one, in the order of their ids, which is that of time.
SELECT m.id
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint AND m.id > %(after_id)s::uuid
ORDER BY m.id
LIMIT %(row_count)s::bigint

-- name: count_messages_to_index
-- How many messages a customer has.
SELECT count(*) FROM messages AS m WHERE m.customer_id = %(customer_id)s::bigint

-- name: remove_documents
-- Take out of the index, between two ids, what is no message any more.
DELETE FROM search_documents AS d
WHERE d.customer_id = %(customer_id)s::bigint
    AND d.message_id > %(after_id)s::uuid
    AND d.message_id <= %(last_id)s::uuid
    AND NOT EXISTS (
        SELECT FROM messages AS m WHERE m.customer_id = d.customer_id AND m.id = d.message_id
    )

-- name: follow_messages
-- Let documents between two ids be where their messages are.
UPDATE search_documents AS d
SET conversation_id = m.conversation_id
FROM messages AS m
WHERE d.customer_id = %(customer_id)s::bigint
    AND d.message_id > %(after_id)s::uuid
    AND d.message_id <= %(last_id)s::uuid
    AND m.customer_id = d.customer_id
    AND m.id = d.message_id
    AND m.conversation_id <> d.conversation_id

-- name: drop_documents
-- Take out of the index those of these that are no messages.
DELETE FROM search_documents AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.message_id = ANY(%(ids)s::uuid[])
    AND NOT EXISTS (
        SELECT FROM messages AS m WHERE m.customer_id = d.customer_id AND m.id = d.message_id
    )
