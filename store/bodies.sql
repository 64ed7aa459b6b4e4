-- name: insert_bodies
-- Store texts that are not stored yet.
INSERT INTO bodies (customer_id, hash, text)
SELECT t.customer_id, t.hash, t.text
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bigint[], %(texts)b::text[]
) AS t (customer_id, hash, text)
ORDER BY t.customer_id, t.hash
ON CONFLICT DO NOTHING
RETURNING customer_id, hash

-- name: find_same_bodies
-- Which of these texts their keys hold already, by position in the arrays.
SELECT t.position
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bigint[], %(texts)b::text[]
) WITH ORDINALITY AS t (customer_id, hash, text, position)
JOIN bodies AS b ON b.customer_id = t.customer_id AND b.hash = t.hash
WHERE b.text = t.text

-- name: find_body
-- Find the text of a message.
SELECT b.text, m.body_format
FROM messages AS m
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE m.customer_id = %(customer_id)s AND m.id = %(message_id)s
