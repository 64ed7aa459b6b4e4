-- name: lock_key
-- Hold an Idempotency-Key until the transaction ends; false where a running request holds it.
SELECT pg_try_advisory_xact_lock(%(lock)s::bigint)

-- name: find_answer
-- Find the answer that a key was given before.
SELECT fingerprint, status, body
FROM idempotency_keys
WHERE customer_id = %(customer_id)s AND key_id = %(key_id)s
    AND idempotency_key = %(idempotency_key)s
    AND created_at > now() - interval '7 days'

-- name: keep_answer
-- Keep an answer; it replaces one that is too old to count.
INSERT INTO idempotency_keys AS k (
    customer_id, key_id, idempotency_key, fingerprint, status, body
)
VALUES (
    %(customer_id)s, %(key_id)s, %(idempotency_key)s, %(fingerprint)s, %(status)s, %(body)s
)
ON CONFLICT (customer_id, key_id, idempotency_key) DO UPDATE SET
    fingerprint = excluded.fingerprint,
    status = excluded.status,
    body = excluded.body,
    created_at = now()
