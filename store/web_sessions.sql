-- name: insert_session
-- Begin a session.
INSERT INTO web_sessions (token_hash, customer_id, key_id, expires_at)
VALUES (
    %(token_hash)s, %(customer_id)s, %(key_id)s,
    now() + make_interval(secs => %(seconds)s::double precision)
)

-- name: find_session
-- Find the key behind a session that goes on, and the role of its agent.
SELECT k.customer_id, k.id, k.name, k.scopes, k.agent_id, a.role
FROM web_sessions AS s
JOIN api_keys AS k ON k.customer_id = s.customer_id AND k.id = s.key_id
LEFT JOIN agents AS a ON a.customer_id = k.customer_id AND a.id = k.agent_id
WHERE s.token_hash = %(token_hash)s
    AND s.expires_at > now()
    AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > now())
    AND a.disabled_at IS NULL

-- name: find_sessions
-- Of many sessions, find the keys behind those that go on, and the roles of their agents.
SELECT k.customer_id, k.id, k.name, k.scopes, k.agent_id, a.role, s.token_hash
FROM web_sessions AS s
JOIN api_keys AS k ON k.customer_id = s.customer_id AND k.id = s.key_id
LEFT JOIN agents AS a ON a.customer_id = k.customer_id AND a.id = k.agent_id
WHERE s.token_hash = ANY (%(token_hashes)b::bytea[])
    AND s.expires_at > now()
    AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > now())
    AND a.disabled_at IS NULL

-- name: delete_session
-- End a session.
DELETE FROM web_sessions WHERE token_hash = %(token_hash)s
