-- name: insert_channel
-- Store a channel unless the customer has one of that name.
INSERT INTO channels (
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, secrets
)
VALUES (
    %(customer_id)s, %(id)s, %(token)s, %(kind)s, %(provider)s, %(name)s, %(own_address)s,
    %(region)s, %(signature_mode)s, %(secrets)s
)
ON CONFLICT (customer_id, name) DO NOTHING
RETURNING id

-- name: find_channel_by_token
-- Find the channel of a webhook URL.
SELECT
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, secrets
FROM channels
WHERE token = %(token)s

-- name: find_channel
-- Find one channel of a customer by id or name; an id wins.
SELECT
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, secrets
FROM channels
WHERE customer_id = %(customer_id)s
    AND (id::text = %(name_or_id)s::text OR name = %(name_or_id)s::text)
ORDER BY id::text = %(name_or_id)s::text DESC
LIMIT 1

-- name: list_channels
-- List a customer's channels by name.
SELECT
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, secrets
FROM channels
WHERE customer_id = %(customer_id)s
ORDER BY name

-- name: channels_of
-- Read the channels of a batch of events.
SELECT
    c.customer_id, c.id, c.token, c.kind, c.provider, c.name, c.own_address, c.region,
    c.signature_mode, NULL::bytea AS secrets
FROM unnest(%(customer_ids)b::bigint[], %(channel_ids)b::uuid[]) AS wanted (customer_id, id)
JOIN channels AS c ON c.customer_id = wanted.customer_id AND c.id = wanted.id
