-- name: read_bodies_to_clean
-- The HTML texts of messages that are not kept clean by these rules yet.
SELECT m.customer_id, m.body_hash AS hash, b.text
FROM unnest(%(customer_ids)s::bigint[], %(message_ids)s::uuid[]) WITH ORDINALITY
    AS asked (customer_id, message_id, place)
JOIN messages AS m ON m.customer_id = asked.customer_id AND m.id = asked.message_id
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE m.body_format = 'html' AND NOT EXISTS (
    SELECT FROM clean_bodies AS c
    WHERE c.customer_id = m.customer_id AND c.hash = m.body_hash
        AND c.cleaning = %(cleaning)s::smallint
)
ORDER BY asked.place

-- name: keep_clean_bodies
-- Keep HTML texts clean, in place of what other rules made of them.
INSERT INTO clean_bodies AS c (customer_id, hash, cleaning, html, html_with_images)
SELECT t.customer_id, t.hash, %(cleaning)s::smallint, t.html, t.html_with_images
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bigint[], %(htmls)b::text[],
    %(htmls_with_images)b::text[]
) AS t (customer_id, hash, html, html_with_images)
ORDER BY t.customer_id, t.hash
ON CONFLICT (customer_id, hash) DO UPDATE
SET cleaning = excluded.cleaning, html = excluded.html,
    html_with_images = excluded.html_with_images

-- name: find_outdated_body
-- The newest text that is kept clean by older rules.
SELECT c.customer_id, c.hash, b.text
FROM clean_bodies AS c
JOIN bodies AS b ON b.customer_id = c.customer_id AND b.hash = c.hash
WHERE c.cleaning < %(cleaning)s::smallint
ORDER BY c.cleaning DESC, c.created_at DESC
LIMIT 1

-- name: forget_outdated_body
-- Keep a text clean no longer, unless it is so by these rules.
DELETE FROM clean_bodies AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.hash = %(hash)s::bigint
    AND c.cleaning < %(cleaning)s::smallint

-- name: find_clean_body
-- The HTML of a message as it is shown, where it is kept clean by these rules.
SELECT CASE WHEN %(shows_images)s::boolean THEN coalesce(c.html_with_images, c.html)
    ELSE c.html END
FROM messages AS m
JOIN clean_bodies AS c ON c.customer_id = m.customer_id AND c.hash = m.body_hash
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = %(message_id)s::uuid
    AND m.body_format = 'html' AND c.cleaning = %(cleaning)s::smallint

-- name: list_with_images
-- Which of these messages have remote images; any image counts in what is not kept clean.
SELECT m.id
FROM messages AS m
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
LEFT JOIN clean_bodies AS c ON c.customer_id = m.customer_id AND c.hash = m.body_hash
    AND c.cleaning = %(cleaning)s::smallint
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = ANY (%(message_ids)s::uuid[])
    AND m.body_format = 'html'
    AND CASE WHEN c.hash IS NULL THEN b.text ~* '<im(?:g|age)\M'
        ELSE c.html_with_images IS NOT NULL END
