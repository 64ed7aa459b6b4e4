-- name: read_addresses
-- The values of some addresses, as they are hashed.
SELECT a.hash::text, a.kind || ':' || a.value
FROM addresses AS a
WHERE a.customer_id = %(customer_id)s::bigint AND a.hash = ANY(%(hashes)s::bigint[])

-- name: read_bodies
-- Some texts.
SELECT b.hash::text, b.text
FROM bodies AS b
WHERE b.customer_id = %(customer_id)s::bigint AND b.hash = ANY(%(hashes)s::bigint[])

-- name: read_clean_bodies
-- Some HTML texts that are kept clean by these rules.
SELECT c.hash::text, b.text, c.html, c.html_with_images
FROM clean_bodies AS c
JOIN bodies AS b ON b.customer_id = c.customer_id AND b.hash = c.hash
WHERE c.customer_id = %(customer_id)s::bigint AND c.hash = ANY(%(hashes)s::bigint[])
    AND c.cleaning = %(cleaning)s::smallint

-- name: list_events_of_address
-- Some events whose messages are in conversations in which an address takes part.
SELECT m.event_id::text
FROM conversation_participants AS p
JOIN messages AS m
    ON m.customer_id = p.customer_id AND m.conversation_id = p.conversation_id
WHERE p.customer_id = %(customer_id)s::bigint AND p.address_hash = %(hash)s::bigint
    AND m.event_id IS NOT NULL
ORDER BY (m.from_hash = p.address_hash) DESC
LIMIT %(most)s::bigint

-- name: list_events_of_body
-- Some events whose messages have a text.
SELECT m.event_id::text
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint AND m.body_hash = %(hash)s::bigint
    AND m.event_id IS NOT NULL
LIMIT %(most)s::bigint

-- name: mend_address
-- Give an address its value again.
UPDATE addresses AS a
SET kind = %(kind)s::text, value = %(value)s::text
WHERE a.customer_id = %(customer_id)s::bigint AND a.hash = %(hash)s::bigint

-- name: mend_body
-- Give a hash its text again; what was made of the wrong one is not kept.
WITH wrong AS (
    DELETE FROM clean_bodies AS c
    WHERE c.customer_id = %(customer_id)s::bigint AND c.hash = %(hash)s::bigint
)
UPDATE bodies AS b
SET text = %(text)s::text
WHERE b.customer_id = %(customer_id)s::bigint AND b.hash = %(hash)s::bigint
