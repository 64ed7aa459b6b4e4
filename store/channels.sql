-- name: insert_channel
-- Store a channel unless the customer has one of that name.
INSERT INTO channels (
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, account,
    send_url, sends_per_second, closed_policy, idle_hours, secrets, credential
)
VALUES (
    %(customer_id)s, %(id)s, %(token)s, %(kind)s, %(provider)s, %(name)s, %(own_address)s,
    %(region)s, %(signature_mode)s, %(account)s, %(send_url)s, %(sends_per_second)s,
    %(closed_policy)s, %(idle_hours)s, %(secrets)s, %(credential)s
)
ON CONFLICT (customer_id, name) DO NOTHING
RETURNING id

-- name: find_channel_by_token
-- Find the channel of a webhook URL.
SELECT
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, account,
    send_url, sends_per_second, closed_policy, idle_hours, secrets,
    NULL::bytea AS credential
FROM channels
WHERE token = %(token)s

-- name: find_channel
-- Find one channel of a customer by id or name; an id wins.
SELECT
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, account,
    send_url, sends_per_second, closed_policy, idle_hours, secrets, credential
FROM channels
WHERE customer_id = %(customer_id)s
    AND (id::text = %(name_or_id)s::text OR name = %(name_or_id)s::text)
ORDER BY id::text = %(name_or_id)s::text DESC
LIMIT 1

-- name: list_channels
-- List a customer's channels by name.
SELECT
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, account,
    send_url, sends_per_second, closed_policy, idle_hours, secrets, credential
FROM channels
WHERE customer_id = %(customer_id)s
ORDER BY name

-- name: channels_of
-- Read the channels of a batch of events.
SELECT
    c.customer_id, c.id, c.token, c.kind, c.provider, c.name, c.own_address, c.region,
    c.signature_mode, c.account, c.send_url, c.sends_per_second, c.closed_policy, c.idle_hours,
    NULL::bytea AS secrets, NULL::bytea AS credential
FROM unnest(%(customer_ids)b::bigint[], %(channel_ids)b::uuid[]) AS wanted (customer_id, id)
JOIN channels AS c ON c.customer_id = wanted.customer_id AND c.id = wanted.id

-- name: set_channel
-- Change how a channel sends and where a message for a closed conversation goes.
UPDATE channels AS c
SET
    account = %(account)s,
    send_url = %(send_url)s,
    sends_per_second = %(sends_per_second)s,
    closed_policy = %(closed_policy)s,
    idle_hours = %(idle_hours)s
WHERE c.customer_id = %(customer_id)s AND c.id = %(id)s

-- name: every_channel
-- Read all channels of all customers: the webhook side holds them in memory.
SELECT
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, account,
    send_url, sends_per_second, closed_policy, idle_hours, secrets,
    NULL::bytea AS credential
FROM channels
ORDER BY customer_id, id

-- name: channels_fingerprint
-- Say in a few bytes what all channels are: it differs as soon as one does.
SELECT concat(count(*), ':', sum(hashtextextended(c::text, 0)))
FROM channels AS c

-- name: set_channel_secrets
-- Change what a channel's webhooks are verified with, newest first and sealed.
UPDATE channels AS c
SET secrets = %(secrets)s::bytea
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid

-- name: set_channel_credential
-- Change what a channel shows its provider when it calls it; sealed.
UPDATE channels AS c
SET credential = %(credential)s::bytea
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid

-- name: set_channel_watch
-- Change how strictly a channel checks, and what silence is an alarm; NULL leaves as it is, 0 resets.
UPDATE channels AS c
SET
    signature_mode = coalesce(%(signature_mode)s::text, c.signature_mode),
    silence_minutes = nullif(coalesce(%(silence_minutes)s::integer, c.silence_minutes), 0)
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid
RETURNING c.signature_mode, c.silence_minutes
