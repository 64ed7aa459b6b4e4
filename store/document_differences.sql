-- name: follower_is_near
-- Whether the index is on, lacks nothing, and has at most so many changes before it.
SELECT c.off_since IS NULL AND NOT c.has_missed AND (
    SELECT count(*)
    FROM (
        SELECT
        FROM outbox AS o
        WHERE (o.xid, o.seq) > (c.xid, c.seq)
        LIMIT %(most)s::bigint + 1
    ) AS waiting
) <= %(most)s::bigint
FROM outbox_cursors AS c
WHERE c.consumer = 'search'

-- name: list_misplaced
-- Which of these messages have no document or one that is elsewhere, and which documents have no
-- message. What waits for the index to come to it, or was set aside, is not looked at.
WITH waiting AS MATERIALIZED (
    SELECT o.type, o.message_id, o.conversation_id, o.object_id
    FROM outbox_cursors AS c
    JOIN outbox AS o ON (o.xid, o.seq) > (c.xid, c.seq)
    WHERE c.consumer = 'search' AND o.customer_id = %(customer_id)s::bigint
)
SELECT w.id::text, n.columns
FROM unnest(%(ids)s::uuid[]) AS w (id)
LEFT JOIN messages AS m ON m.customer_id = %(customer_id)s::bigint AND m.id = w.id
LEFT JOIN search_documents AS d
    ON d.customer_id = %(customer_id)s::bigint AND d.message_id = w.id
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
        CASE WHEN m.id IS NULL AND d.message_id IS NOT NULL THEN 'messages' END,
        CASE WHEN m.id IS NOT NULL AND d.message_id IS NULL THEN 'search_documents' END,
        CASE WHEN m.conversation_id <> d.conversation_id THEN 'conversation_id' END,
        CASE WHEN (':' || d.customer_id || ':' || d.number / %(block)s::bigint)
            <> ALL(tsvector_to_array(d.terms)) THEN 'terms' END
    ], NULL) AS columns
) AS n
WHERE cardinality(n.columns) > 0
    AND NOT EXISTS (
        SELECT FROM waiting AS o
        WHERE o.message_id = w.id
            OR (
                o.type IN ('conversation.merged', 'conversation.split')
                AND (
                    o.conversation_id IN (m.conversation_id, d.conversation_id)
                    OR o.object_id IN (m.conversation_id, d.conversation_id)
                )
            )
    )
    AND NOT EXISTS (
        SELECT FROM changes_set_aside AS s
        WHERE s.consumer = 'search' AND s.customer_id = %(customer_id)s::bigint
            AND s.message_id = w.id
    )

-- name: list_unlike
-- Which of these documents show another text than this, lack its words, or have a word that is in no
-- list of words.
SELECT t.id::text, n.columns
FROM unnest(%(ids)b::uuid[], %(shown)b::text[], %(words)b::text[], %(exact)b::text[])
    AS t (id, shown, words, exact)
JOIN customers AS cu ON cu.id = %(customer_id)s::bigint
JOIN search_documents AS d ON d.customer_id = cu.id AND d.message_id = t.id
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
        CASE WHEN d.text <> t.shown THEN 'text' END,
        CASE WHEN length(
            d.terms || to_tsvector(cu.search_language, t.words)
            || array_to_tsvector(string_to_array(t.exact, ' '))
        ) <> length(d.terms) THEN 'terms' END,
        CASE WHEN EXISTS (
            SELECT
            FROM unnest(tsvector_to_array(d.terms)) AS x (word)
            WHERE left(x.word, 1) <> ':'
                AND NOT EXISTS (
                    SELECT FROM search_words AS s
                    WHERE s.customer_id = d.customer_id AND s.word = x.word
                )
        ) THEN 'search_words' END
    ], NULL) AS columns
) AS n
WHERE cardinality(n.columns) > 0
