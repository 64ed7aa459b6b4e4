-- name: insert_key
-- Store a key unless its hash is there.
INSERT INTO api_keys (customer_id, id, name, key_hash, scopes, agent_id, expires_at)
VALUES (
    %(customer_id)s, %(id)s, %(name)s, %(key_hash)s, %(scopes)s, %(agent_id)s::uuid,
    %(expires_at)s::timestamptz
)
ON CONFLICT (key_hash) DO NOTHING
RETURNING id

-- name: find_key
-- Find a key that still works by its hash, and the role of its agent.
SELECT k.customer_id, k.id, k.name, k.scopes, k.agent_id, a.role
FROM api_keys AS k
LEFT JOIN agents AS a ON a.customer_id = k.customer_id AND a.id = k.agent_id
WHERE k.key_hash = %(key_hash)s
    AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > now())
    AND a.disabled_at IS NULL

-- name: find_keys
-- Of many hashes, find the keys that still work, and the roles of their agents.
SELECT k.customer_id, k.id, k.name, k.scopes, k.agent_id, a.role, k.key_hash
FROM api_keys AS k
LEFT JOIN agents AS a ON a.customer_id = k.customer_id AND a.id = k.agent_id
WHERE k.key_hash = ANY (%(key_hashes)b::bytea[])
    AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > now())
    AND a.disabled_at IS NULL

-- name: touch_key
-- Note that a key is used, at most once a minute.
UPDATE api_keys
SET last_used_at = now()
WHERE customer_id = %(customer_id)s AND id = %(id)s
    AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')

-- name: give_key
-- Let a key that speaks for nobody speak for an agent.
UPDATE api_keys
SET agent_id = %(agent_id)s::uuid
WHERE customer_id = %(customer_id)s AND id = %(id)s AND agent_id IS NULL

-- name: list_keys
-- List a customer's keys, newest first, revoked ones too.
SELECT id, name, scopes, agent_id, created_at, expires_at, last_used_at, revoked_at
FROM api_keys
WHERE customer_id = %(customer_id)s
ORDER BY id DESC

-- name: revoke_key
-- Stop a key for good; one that is stopped keeps its time.
UPDATE api_keys
SET revoked_at = coalesce(revoked_at, now())
WHERE customer_id = %(customer_id)s AND id = %(id)s
RETURNING id
