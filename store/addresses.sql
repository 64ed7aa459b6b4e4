-- name: insert_addresses
-- Store addresses that are not stored yet, each outside one with the contact behind it.
WITH inserted AS (
    INSERT INTO addresses (customer_id, hash, kind, value, is_validated, contact_id)
    SELECT t.customer_id, t.hash, t.kind, t.value, t.is_validated, t.contact_id
    FROM unnest(
        %(customer_ids)b::bigint[], %(hashes)b::bigint[], %(kinds)b::text[],
        %(values)b::text[], %(validated)b::boolean[], %(contact_ids)b::uuid[]
    ) AS t (customer_id, hash, kind, value, is_validated, contact_id)
    ORDER BY t.customer_id, t.hash
    ON CONFLICT DO NOTHING
    RETURNING customer_id, hash, contact_id
),
met AS (
    INSERT INTO contacts (customer_id, id, name)
    SELECT i.customer_id, i.contact_id, t.name
    FROM inserted AS i
    JOIN unnest(
        %(customer_ids)b::bigint[], %(contact_ids)b::uuid[], %(names)b::text[]
    ) AS t (customer_id, contact_id, name)
        ON t.customer_id = i.customer_id AND t.contact_id = i.contact_id
    ORDER BY i.customer_id, i.contact_id
    ON CONFLICT DO NOTHING
)
SELECT i.customer_id, i.hash FROM inserted AS i

-- name: read_addresses
-- What these keys hold.
SELECT a.customer_id, a.hash, a.kind, a.value, a.contact_id IS NOT NULL AS has_contact
FROM unnest(%(customer_ids)b::bigint[], %(hashes)b::bigint[]) AS t (customer_id, hash)
JOIN addresses AS a ON a.customer_id = t.customer_id AND a.hash = t.hash

-- name: introduce_contacts
-- Give a contact to addresses that were a customer's own until now.
WITH met AS (
    INSERT INTO contacts (customer_id, id, name)
    SELECT t.customer_id, t.contact_id, t.name
    FROM unnest(
        %(customer_ids)b::bigint[], %(contact_ids)b::uuid[], %(names)b::text[]
    ) AS t (customer_id, contact_id, name)
    ORDER BY t.customer_id, t.contact_id
    ON CONFLICT DO NOTHING
)
UPDATE addresses AS a
SET contact_id = t.contact_id
FROM unnest(
    %(customer_ids)b::bigint[], %(hashes)b::bigint[], %(contact_ids)b::uuid[]
) AS t (customer_id, hash, contact_id)
WHERE a.customer_id = t.customer_id AND a.hash = t.hash AND a.contact_id IS NULL
