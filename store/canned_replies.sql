-- name: insert_canned_reply
-- Keep a text that is sent often, unless its name is taken.
INSERT INTO canned_replies (customer_id, id, name, text)
VALUES (%(customer_id)s, %(id)s::uuid, %(name)s::text, %(text)s::text)
ON CONFLICT (customer_id, name) DO NOTHING
RETURNING id, name, text, version, created_at, updated_at

-- name: lock_canned_reply
-- Hold one for a change.
SELECT id, name, text, version, created_at, updated_at
FROM canned_replies
WHERE customer_id = %(customer_id)s AND id = %(id)s::uuid
FOR UPDATE

-- name: set_canned_reply
-- Change one.
UPDATE canned_replies
SET name = %(name)s::text, text = %(text)s::text, version = version + 1, updated_at = now()
WHERE customer_id = %(customer_id)s AND id = %(id)s::uuid
RETURNING id, name, text, version, created_at, updated_at

-- name: delete_canned_reply
-- Forget one.
DELETE FROM canned_replies
WHERE customer_id = %(customer_id)s AND id = %(id)s::uuid
RETURNING id

-- name: list_canned_replies
-- One page of a customer's canned replies, by name.
SELECT id, name, text, version, created_at, updated_at
FROM canned_replies
WHERE customer_id = %(customer_id)s
    AND (%(after)s::text IS NULL OR name > %(after)s::text)
ORDER BY name
LIMIT %(row_count)s::bigint
