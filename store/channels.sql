-- name: insert_channel
-- Store a channel unless the customer has one of that name.
INSERT INTO channels (
    customer_id, id, token, kind, provider, name, own_address, region, signature_mode, account,
    send_url, sends_per_second, closed_policy, idle_hours, reply_key, secrets, credential
)
VALUES (
    %(customer_id)s, %(id)s, %(token)s, %(kind)s, %(provider)s, %(name)s, %(own_address)s,
    %(region)s, %(signature_mode)s, %(account)s, %(send_url)s, %(sends_per_second)s,
    %(closed_policy)s, %(idle_hours)s, %(reply_key)s, %(secrets)s, %(credential)s
)
ON CONFLICT (customer_id, name) DO NOTHING
RETURNING id

-- name: find_channel_by_token
-- Find the channel of a webhook URL.
SELECT
    c.customer_id, c.id, c.token, c.kind, c.provider, c.name, c.own_address, c.region,
    c.signature_mode, c.account, c.send_url, c.sends_per_second, c.closed_policy, c.idle_hours,
    c.disabled_at, NULL::bytea AS reply_key, c.secrets, NULL::bytea AS credential,
    '{}'::text[] AS further_addresses, '{}'::text[] AS customer_addresses
FROM channels AS c
WHERE c.token = %(token)s

-- name: find_channel
-- Find one channel of a customer by id or name; an id wins.
SELECT
    c.customer_id, c.id, c.token, c.kind, c.provider, c.name, c.own_address, c.region,
    c.signature_mode, c.account, c.send_url, c.sends_per_second, c.closed_policy, c.idle_hours,
    c.disabled_at, c.reply_key, c.secrets, c.credential,
    o.further_addresses, o.customer_addresses
FROM channels AS c
JOIN addresses_of_channels AS o ON o.customer_id = c.customer_id AND o.channel_id = c.id
WHERE c.customer_id = %(customer_id)s
    AND (c.id::text = %(name_or_id)s::text OR c.name = %(name_or_id)s::text)
ORDER BY c.id::text = %(name_or_id)s::text DESC
LIMIT 1

-- name: list_channels
-- List a customer's channels by name.
SELECT
    c.customer_id, c.id, c.token, c.kind, c.provider, c.name, c.own_address, c.region,
    c.signature_mode, c.account, c.send_url, c.sends_per_second, c.closed_policy, c.idle_hours,
    c.disabled_at, c.reply_key, c.secrets, c.credential,
    o.further_addresses, '{}'::text[] AS customer_addresses
FROM channels AS c
JOIN addresses_of_channels AS o ON o.customer_id = c.customer_id AND o.channel_id = c.id
WHERE c.customer_id = %(customer_id)s
ORDER BY c.name

-- name: channels_of
-- Read the channels of a batch of events.
SELECT
    c.customer_id, c.id, c.token, c.kind, c.provider, c.name, c.own_address, c.region,
    c.signature_mode, c.account, c.send_url, c.sends_per_second, c.closed_policy, c.idle_hours,
    c.disabled_at, c.reply_key, NULL::bytea AS secrets, NULL::bytea AS credential,
    o.further_addresses, o.customer_addresses
FROM unnest(%(customer_ids)b::bigint[], %(channel_ids)b::uuid[]) AS wanted (customer_id, id)
JOIN channels AS c ON c.customer_id = wanted.customer_id AND c.id = wanted.id
JOIN addresses_of_channels AS o ON o.customer_id = c.customer_id AND o.channel_id = c.id

-- name: is_own_address
-- Whether an address is an own address of the customer, on any channel.
SELECT EXISTS (
    SELECT FROM own_addresses AS o
    WHERE o.customer_id = %(customer_id)s::bigint AND o.value = %(address)s::text
)

-- name: set_channel
-- Change how a channel sends, and where answers and messages for a closed conversation go.
UPDATE channels AS c
SET
    account = %(account)s,
    send_url = %(send_url)s,
    sends_per_second = %(sends_per_second)s,
    closed_policy = %(closed_policy)s,
    idle_hours = %(idle_hours)s,
    reply_key = %(reply_key)s
WHERE c.customer_id = %(customer_id)s AND c.id = %(id)s

-- name: every_channel
-- Read all channels of all customers: the webhook side holds them in memory.
SELECT
    c.customer_id, c.id, c.token, c.kind, c.provider, c.name, c.own_address, c.region,
    c.signature_mode, c.account, c.send_url, c.sends_per_second, c.closed_policy, c.idle_hours,
    c.disabled_at, NULL::bytea AS reply_key, c.secrets, NULL::bytea AS credential,
    ARRAY(
        SELECT a.value FROM channel_addresses AS a
        WHERE a.customer_id = c.customer_id AND a.channel_id = c.id
        ORDER BY a.value
    ) AS further_addresses,
    '{}'::text[] AS customer_addresses
FROM channels AS c
ORDER BY c.customer_id, c.id

-- name: hold_sealed_channels
-- Read all channels that have something sealed, and let nobody else change them.
SELECT
    c.customer_id, c.id, c.token, c.kind, c.provider, c.name, c.own_address, c.region,
    c.signature_mode, c.account, c.send_url, c.sends_per_second, c.closed_policy, c.idle_hours,
    c.disabled_at, NULL::bytea AS reply_key, c.secrets, c.credential,
    '{}'::text[] AS further_addresses, '{}'::text[] AS customer_addresses
FROM channels AS c
WHERE c.secrets IS NOT NULL OR c.credential IS NOT NULL
ORDER BY c.customer_id, c.id
FOR NO KEY UPDATE

-- name: channels_fingerprint
-- Say in a few bytes what all channels are: it differs as soon as one does.
SELECT concat(
    count(*), ':', sum(hashtextextended(c::text, 0)), ':',
    (SELECT sum(hashtextextended(a::text, 0)) FROM channel_addresses AS a)
)
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

-- name: add_addresses
-- Give a channel further own addresses, and return those that it did not have.
INSERT INTO channel_addresses (customer_id, channel_id, value)
SELECT c.customer_id, c.id, t.value
FROM unnest(%(addresses)s::text[]) AS t (value)
JOIN channels AS c ON c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid
WHERE t.value <> c.own_address
ON CONFLICT DO NOTHING
RETURNING value

-- name: remove_address
-- Take a further own address from a channel.
DELETE FROM channel_addresses AS a
WHERE a.customer_id = %(customer_id)s::bigint AND a.channel_id = %(id)s::uuid
    AND a.value = %(address)s::text
RETURNING a.value

-- name: set_channel_disabled
-- Switch a channel off or on; returns it unless it was so already.
UPDATE channels AS c
SET disabled_at = %(disabled_at)s::timestamptz
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid
    AND (c.disabled_at IS NULL) <> (%(disabled_at)s::timestamptz IS NULL)
RETURNING c.id

-- name: set_channel_token
-- Give a channel another webhook URL.
UPDATE channels AS c
SET token = %(token)s::text
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(id)s::uuid
