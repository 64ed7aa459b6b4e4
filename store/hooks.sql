-- name: insert_hook
-- Make a hook, unless its customer has enough of them.
INSERT INTO hooks AS h (customer_id, id, url, types, channel_id, secrets, created_by)
SELECT
    %(customer_id)s::bigint, %(id)s::uuid, %(url)s::text, %(types)s::text[],
    %(channel_id)s::uuid, %(secrets)s::bytea, %(created_by)s::uuid
WHERE (
    SELECT count(*) FROM hooks AS o WHERE o.customer_id = %(customer_id)s::bigint
) < %(most)s::bigint
RETURNING
    h.customer_id, h.id::text, h.url, h.types, h.channel_id::text, h.secrets, h.second_secret_until,
    h.disabled_at, h.disabled_reason, h.failing_since, h.left_alone_until, h.created_at, h.version

-- name: list_hooks
-- List a customer's hooks, the newest first.
SELECT
    h.customer_id, h.id::text, h.url, h.types, h.channel_id::text, h.secrets, h.second_secret_until,
    h.disabled_at, h.disabled_reason, h.failing_since, h.left_alone_until, h.created_at, h.version
FROM hooks AS h
WHERE h.customer_id = %(customer_id)s::bigint
ORDER BY h.id DESC

-- name: find_hook
-- Find a hook.
SELECT
    h.customer_id, h.id::text, h.url, h.types, h.channel_id::text, h.secrets, h.second_secret_until,
    h.disabled_at, h.disabled_reason, h.failing_since, h.left_alone_until, h.created_at, h.version
FROM hooks AS h
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(id)s::uuid

-- name: hold_hook
-- Lock a hook before something of it changes.
SELECT
    h.customer_id, h.id::text, h.url, h.types, h.channel_id::text, h.secrets, h.second_secret_until,
    h.disabled_at, h.disabled_reason, h.failing_since, h.left_alone_until, h.created_at, h.version
FROM hooks AS h
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(id)s::uuid
FOR UPDATE

-- name: set_hook
-- Change where a hook is posted to and what it is told.
UPDATE hooks AS h
SET
    url = %(url)s::text, types = %(types)s::text[], channel_id = %(channel_id)s::uuid,
    left_alone_until = CASE WHEN h.url = %(url)s::text THEN h.left_alone_until END,
    version = h.version + 1
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(id)s::uuid

-- name: enable_hook
-- Tell a hook what happens from now on.
UPDATE hooks AS h
SET
    enabled_at = %(now)s::timestamptz, disabled_at = NULL, disabled_reason = NULL,
    failing_since = NULL, left_alone_until = NULL, version = h.version + 1
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(id)s::uuid
    AND h.disabled_at IS NOT NULL

-- name: disable_hook
-- Tell a hook nothing any more.
UPDATE hooks AS h
SET
    disabled_at = %(now)s::timestamptz, disabled_reason = %(reason)s::text,
    version = h.version + 1
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(id)s::uuid AND h.disabled_at IS NULL
RETURNING true

-- name: set_hook_secrets
-- Put other secrets in the place of a hook's.
UPDATE hooks AS h
SET secrets = %(secrets)s::bytea, second_secret_until = %(second_secret_until)s::timestamptz
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(id)s::uuid

-- name: hold_sealed_hooks
-- Lock all hooks of all customers, to seal their secrets anew.
SELECT
    h.customer_id, h.id::text, h.url, h.types, h.channel_id::text, h.secrets, h.second_secret_until,
    h.disabled_at, h.disabled_reason, h.failing_since, h.left_alone_until, h.created_at, h.version
FROM hooks AS h
ORDER BY h.customer_id, h.id
FOR UPDATE

-- name: delete_attempts_of_hook
-- Forget what a hook answered.
DELETE FROM hook_attempts AS a
USING hook_deliveries AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.hook_id = %(id)s::uuid
    AND a.customer_id = d.customer_id AND a.delivery_id = d.id

-- name: delete_deliveries_of_hook
-- Forget what a hook was told or is to be told.
DELETE FROM hook_deliveries AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.hook_id = %(id)s::uuid

-- name: delete_hook
-- Forget a hook.
DELETE FROM hooks AS h
WHERE h.customer_id = %(customer_id)s::bigint AND h.id = %(id)s::uuid

-- name: disable_all_hooks
-- Tell no hook of any customer anything, on a server that their database was restored on.
UPDATE hooks AS h
SET disabled_at = now(), disabled_reason = 'restored'
WHERE h.disabled_at IS NULL
