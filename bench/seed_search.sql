-- The search index of the messages that `seed_messages.sql` has made, as the worker would leave it.

CREATE TEMP TABLE body_terms AS
SELECT b.hash, b.text, to_tsvector('simple', b.text) AS terms
FROM bodies AS b
WHERE b.customer_id = 1;

CREATE TEMP TABLE address_terms AS
SELECT
    a.hash,
    CASE a.kind
        WHEN 'phone' THEN array_to_tsvector(ARRAY[substr(a.value, 2), substr(a.value, 3)])
        ELSE to_tsvector('simple', translate(a.value, '.@', '  '))
    END AS terms
FROM addresses AS a
WHERE a.customer_id = 1;

DROP INDEX search_documents_terms;

INSERT INTO search_documents (customer_id, message_id, conversation_id, number, text, terms)
SELECT
    1, numbered.message_id, numbered.id, numbered.number, b.text,
    b.terms || other.terms
        || array_to_tsvector(ARRAY[':1:' || numbered.number / 16384])
FROM (
    SELECT
        s.message_id, s.id, s.body_hash, s.other_hash,
        row_number() OVER (ORDER BY s.at) AS number
    FROM said AS s
) AS numbered
JOIN body_terms AS b ON b.hash = numbered.body_hash
JOIN address_terms AS other ON other.hash = numbered.other_hash
ORDER BY numbered.number;

SELECT setval('search_number', (SELECT max(d.number) FROM search_documents AS d));

INSERT INTO search_words (customer_id, word)
SELECT 1, found.word
FROM (
    SELECT unnest(tsvector_to_array(b.terms)) AS word FROM body_terms AS b
    UNION
    SELECT unnest(tsvector_to_array(a.terms)) FROM address_terms AS a
) AS found
WHERE length(found.word) >= 3
ORDER BY found.word;

CREATE INDEX search_documents_terms ON search_documents USING gin (terms) WITH (fastupdate = off);
