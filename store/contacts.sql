-- name: list_contacts
-- A page of the contacts that stand for themselves, by id; only those behind these addresses.
SELECT c.id, c.name, c.version, c.created_at
FROM contacts AS c
WHERE c.customer_id = %(customer_id)s::bigint
    AND c.id > %(after_id)s::uuid
    AND c.merged_into IS NULL
    AND (
        %(kinds)s::text[] IS NULL
        OR c.id IN (
            SELECT a.contact_id
            FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS t (kind, value)
            JOIN addresses AS a
                ON a.customer_id = %(customer_id)s::bigint AND a.value = t.value
                    AND a.kind = t.kind
        )
    )
ORDER BY c.id
LIMIT %(limit)s::integer

-- name: find_contact
-- Find a contact, or the one that took its place.
WITH RECURSIVE path AS (
    SELECT c.id, c.name, c.version, c.created_at, c.merged_into
    FROM contacts AS c
    WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid
    UNION
    SELECT c.id, c.name, c.version, c.created_at, c.merged_into
    FROM path AS p
    JOIN contacts AS c ON c.customer_id = %(customer_id)s::bigint AND c.id = p.merged_into
)
SELECT p.id, p.name, p.version, p.created_at
FROM path AS p
WHERE p.merged_into IS NULL

-- name: list_contact_addresses
-- The addresses of contacts, and why nothing is sent to one: the most serious reason, as their words
-- are ordered.
SELECT
    a.contact_id, a.kind, a.value, a.is_validated,
    s.id AS suppression_id, s.reason AS suppression_reason, s.since AS suppressed_since,
    s.channel_id AS suppressed_channel_id
FROM addresses AS a
LEFT JOIN LATERAL (
    SELECT p.id, p.reason, p.since, p.channel_id
    FROM standing_suppressions AS p
    WHERE p.customer_id = a.customer_id AND p.address_hash = a.hash
    ORDER BY p.reason, p.since, p.id
    LIMIT 1
) AS s ON true
WHERE a.customer_id = %(customer_id)s::bigint AND a.contact_id = ANY(%(ids)s::uuid[])
ORDER BY a.contact_id, a.kind, a.value

-- name: list_contact_merges
-- What was merged into contacts and still can be undone.
SELECT g.into_id, g.id, g.from_id, g.merged_at
FROM contact_merges AS g
JOIN contacts AS c ON c.customer_id = g.customer_id AND c.id = g.from_id
WHERE g.customer_id = %(customer_id)s::bigint AND c.merged_into = ANY(%(ids)s::uuid[])
    AND g.undone_at IS NULL
ORDER BY g.merged_at, g.id

-- name: hold_contacts
-- Hold contacts, in order.
SELECT c.id, c.name, c.merged_into, c.version
FROM contacts AS c
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = ANY(%(ids)s::uuid[])
ORDER BY c.id
FOR UPDATE

-- name: rename_contact
-- Say what a person is called.
UPDATE contacts AS c
SET name = %(name)s::text, version = c.version + 1
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid
RETURNING c.version

-- name: find_owner
-- Whose an address is, held so that nobody takes it meanwhile.
SELECT a.contact_id
FROM addresses AS a
WHERE a.customer_id = %(customer_id)s::bigint AND a.hash = %(hash)s::bigint
FOR UPDATE

-- name: give_address
-- Put a contact behind an address that has none.
UPDATE addresses AS a
SET contact_id = %(id)s::uuid
WHERE a.customer_id = %(customer_id)s::bigint AND a.hash = %(hash)s::bigint
    AND a.contact_id IS NULL

-- name: move_all_addresses
-- Put another contact behind all addresses of one.
UPDATE addresses AS a
SET contact_id = %(into_id)s::uuid
WHERE a.customer_id = %(customer_id)s::bigint AND a.contact_id = %(from_id)s::uuid
RETURNING a.hash

-- name: move_addresses_back
-- Give addresses back that are still where a merge put them.
UPDATE addresses AS a
SET contact_id = %(from_id)s::uuid
WHERE a.customer_id = %(customer_id)s::bigint AND a.contact_id = %(into_id)s::uuid
    AND a.hash = ANY(%(hashes)s::bigint[])
RETURNING a.hash

-- name: replace_contact
-- One contact takes the place of another, or none does any more.
UPDATE contacts AS c
SET merged_into = %(into_id)s::uuid, version = c.version + 1
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(from_id)s::uuid
RETURNING c.version

-- name: record_contact_merge
-- Remember what it takes to undo it.
INSERT INTO contact_merges (
    customer_id, id, from_id, into_id, address_hashes, into_name_before, agent_id
)
VALUES (
    %(customer_id)s::bigint, %(id)s::uuid, %(from_id)s::uuid, %(into_id)s::uuid,
    %(hashes)s::bigint[], %(into_name_before)s::text, %(agent_id)s::uuid
)

-- name: hold_contact_merge
-- Hold a merge that is about to be undone.
SELECT g.from_id, g.into_id, g.address_hashes, g.into_name_before, g.undone_at
FROM contact_merges AS g
WHERE g.customer_id = %(customer_id)s::bigint AND g.id = %(id)s::uuid
FOR UPDATE

-- name: undo_contact_merge
-- Note that a merge no longer stands.
UPDATE contact_merges AS g
SET undone_at = now()
WHERE g.customer_id = %(customer_id)s::bigint AND g.id = %(id)s::uuid
