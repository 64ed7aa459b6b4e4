-- name: insert_key
-- Store a key unless its hash is there.
INSERT INTO api_keys (customer_id, id, name, key_hash, scopes)
VALUES (%(customer_id)s, %(id)s, %(name)s, %(key_hash)s, %(scopes)s)
ON CONFLICT (key_hash) DO NOTHING
RETURNING id

-- name: find_key
-- Find a key that still works by its hash.
SELECT customer_id, id, name, scopes
FROM api_keys
WHERE key_hash = %(key_hash)s AND revoked_at IS NULL

-- name: list_keys
-- List a customer's keys, newest first, revoked ones too.
SELECT id, name, scopes, created_at, revoked_at
FROM api_keys
WHERE customer_id = %(customer_id)s
ORDER BY id DESC

-- name: revoke_key
-- Stop a key for good; one that is stopped keeps its time.
UPDATE api_keys
SET revoked_at = coalesce(revoked_at, now())
WHERE customer_id = %(customer_id)s AND id = %(id)s
RETURNING id
