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
