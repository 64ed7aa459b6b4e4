-- name: prepare_search
-- How a customer's words are kept, where the newest block is, and each term as the index has it.
SELECT
    cu.search_language <> 'simple'::regconfig AS is_stemmed,
    (SELECT s.last_value FROM search_number AS s) AS newest,
    ARRAY(
        SELECT to_tsquery(cu.search_language, asked.words)::text
        FROM unnest(%(terms)s::text[]) WITH ORDINALITY AS asked (words, place)
        ORDER BY asked.place
    ) AS terms
FROM customers AS cu
WHERE cu.id = %(customer_id)s

-- name: expand_beginnings
-- Which words begin so; one range of search_words each, of at most `row_count`.
SELECT asked.beginning, w.word
FROM unnest(%(beginnings)s::text[]) AS asked (beginning)
CROSS JOIN LATERAL (
    SELECT w.word
    FROM search_words AS w
    WHERE w.customer_id = %(customer_id)s
      AND w.word >= asked.beginning COLLATE "C"
      AND w.word < (asked.beginning || chr(1114111)) COLLATE "C"
    ORDER BY w.word
    LIMIT %(row_count)s::bigint
) AS w

-- name: limit_time
-- Let the next statements of this transaction take so many milliseconds at most.
SELECT set_config('statement_timeout', %(milliseconds)s::text, true)

-- name: find_matches
-- The latest matching message of each conversation within some blocks, newest first.
-- Two conditions rather than one: the index then leaps through both lists side by side, and reads
-- of each word only what lies in the blocks.
SELECT latest.conversation_id, latest.message_id, latest.number
FROM (
    SELECT DISTINCT ON (d.conversation_id) d.conversation_id, d.message_id, d.number
    FROM search_documents AS d
    WHERE d.terms @@ %(query)s::tsquery
      AND d.terms @@ %(blocks)s::tsquery
      AND d.customer_id = %(customer_id)s
      AND d.number < %(before)s::bigint
    ORDER BY d.conversation_id, d.number DESC
) AS latest
ORDER BY latest.number DESC
LIMIT %(row_count)s::bigint

-- name: find_shown_before
-- Which of some conversations have a match at this number or above: earlier pages showed them.
SELECT DISTINCT m.conversation_id
FROM messages AS m
JOIN search_documents AS d ON d.customer_id = m.customer_id AND d.message_id = m.id
WHERE m.customer_id = %(customer_id)s
  AND m.conversation_id = ANY (%(conversation_ids)s::uuid[])
  AND d.number >= %(before)s::bigint
  AND d.terms @@ %(query)s::tsquery

-- name: read_matches
-- What is shown of some matching messages.
SELECT d.message_id, m.conversation_id, m.seq, d.text
FROM search_documents AS d
JOIN messages AS m ON m.customer_id = d.customer_id AND m.id = d.message_id
WHERE d.customer_id = %(customer_id)s AND d.message_id = ANY (%(message_ids)s::uuid[])
