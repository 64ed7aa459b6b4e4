-- Fills a migrated, empty database with `bench.conversations` conversations, set by set.
-- 12 channels, busier and quieter ones; people who write on several; one message in most
-- conversations, 20 in every hundredth; activity over two years, the newest seconds ago.

SET session_replication_role = replica; -- what is made here satisfies the foreign keys
SET work_mem = '256MB';
SELECT setseed(0.25);

CREATE FUNCTION pg_temp.message_id(number bigint, place integer, at timestamptz)
RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (
        lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(number || ':' || place), 1, 3) || '8'
        || substr(md5(number || ':' || place), 4, 15)
    )::uuid
$$;

INSERT INTO channels (
    customer_id, id, token, kind, provider, name, own_address, signature_mode
)
SELECT
    1, md5('channel ' || n)::uuid, 'bench-channel-' || lpad(n::text, 4, '0'),
    CASE WHEN n <= 8 THEN 'sms' ELSE 'email' END, 'generic', 'channel ' || n,
    CASE WHEN n <= 8 THEN '+1500555' || lpad(n::text, 4, '0') ELSE 'desk' || n || '@example.com' END,
    'off'
FROM generate_series(1, 12) AS n;

-- A person is one in two conversations; person 0 takes part in every hundredth.
INSERT INTO contacts (customer_id, id)
SELECT 1, md5('contact ' || p)::uuid
FROM generate_series(0, current_setting('bench.conversations')::bigint / 2) AS p;

INSERT INTO addresses (customer_id, hash, kind, value, is_validated, contact_id)
SELECT 1, hashint8extended(p, 1), 'phone', '+1415' || (2000000 + p), true,
    md5('contact ' || p)::uuid
FROM generate_series(0, current_setting('bench.conversations')::bigint / 2) AS p
UNION ALL
SELECT 1, hashint8extended(p, 2), 'email', 'person.' || p || '@example.org', true,
    md5('contact ' || p)::uuid
FROM generate_series(0, current_setting('bench.conversations')::bigint / 2) AS p
UNION ALL
SELECT 1, hashint8extended(n, 3), CASE WHEN n <= 8 THEN 'phone' ELSE 'email' END,
    CASE WHEN n <= 8 THEN '+1500555' || lpad(n::text, 4, '0') ELSE 'desk' || n || '@example.com' END,
    true, NULL
FROM generate_series(1, 12) AS n;

INSERT INTO bodies (customer_id, hash, text)
SELECT 1, hashint8extended(b, 4), 'Text ' || b || ' ' || repeat('about a parcel ', 4 + (b % 8)::integer)
FROM generate_series(0, current_setting('bench.conversations')::bigint / 2) AS b;

CREATE TEMP TABLE drawn AS
SELECT
    i,
    md5('conversation ' || i)::uuid AS id,
    1 + floor(12 * power(random(), 1.5))::integer AS channel,
    1 + floor(random() * (size.n / 2))::bigint AS person,
    CASE WHEN i % 100 = 0 THEN 20 ELSE 1 END AS message_count,
    (ARRAY['open', 'open', 'open', 'open', 'pending', 'snoozed', 'closed', 'closed', 'closed', 'spam'])
        [1 + floor(random() * 10)::integer] AS status,
    now() - make_interval(secs => 1 + (size.n - i) * (730 * 86400.0 / size.n) * power(random(), 0.2))
        AS last_at
FROM
    (SELECT current_setting('bench.conversations')::bigint AS n) AS size,
    generate_series(1, size.n) AS i;

CREATE TEMP TABLE said AS
SELECT
    d.*, j AS place, d.last_at - (d.message_count - j) * interval '7 minutes' AS at,
    hashint8extended(d.person, CASE WHEN d.channel <= 8 THEN 1 ELSE 2 END) AS other_hash,
    hashint8extended(d.channel, 3) AS own_hash
FROM drawn AS d, generate_series(1, d.message_count) AS j;

INSERT INTO conversations (
    customer_id, id, channel_id, key_hash, status, closed_at, subject, message_count,
    inbound_count, last_seq, first_message_at, first_message_id, last_activity_at,
    last_message_id, last_message_direction, last_message_preview
)
SELECT
    1, d.id, md5('channel ' || d.channel)::uuid, md5('key ' || d.i)::uuid, d.status,
    CASE WHEN d.status = 'closed' THEN d.last_at END,
    CASE WHEN d.channel > 8 THEN 'Where is parcel ' || d.i END,
    d.message_count, d.message_count, d.message_count,
    d.last_at - (d.message_count - 1) * interval '7 minutes',
    pg_temp.message_id(d.i, 1, d.last_at - (d.message_count - 1) * interval '7 minutes'),
    d.last_at, pg_temp.message_id(d.i, d.message_count, d.last_at), 'inbound',
    left('Text ' || d.i || ' ' || repeat('about a parcel ', 8), 160)
FROM drawn AS d
ORDER BY d.i;

INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT 1, s.id, s.own_hash, 'own' FROM said AS s WHERE s.place = 1
UNION ALL
SELECT 1, s.id, s.other_hash, 'other' FROM said AS s WHERE s.place = 1
UNION ALL
SELECT 1, d.id, hashint8extended(0, 1), 'other' FROM drawn AS d WHERE d.i % 100 = 7;

INSERT INTO inbound_events (
    customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key, signature,
    headers, content_type, body, received_at
)
SELECT
    1, pg_temp.message_id(s.i, s.place, s.at), md5('channel ' || s.channel)::uuid, 'generic',
    'message', s.i || '-' || s.place, 'message:' || s.i || '-' || s.place, 'unchecked',
    '{}', 'application/json', '{}', s.at
FROM said AS s
ORDER BY s.at;

INSERT INTO messages (
    customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
    body_hash, body_format, provider_message_id, event_id, sent_at, received_at
)
SELECT
    1, pg_temp.message_id(s.i, s.place, s.at), s.id, s.place, 'inbound',
    md5('channel ' || s.channel)::uuid, CASE WHEN s.channel <= 8 THEN 'sms' ELSE 'email' END,
    'received', s.other_hash,
    hashint8extended((s.i * 7 + s.place) % (current_setting('bench.conversations')::bigint / 2), 4),
    'text', s.i || '-' || s.place, pg_temp.message_id(s.i, s.place, s.at), s.at, s.at
FROM said AS s
ORDER BY s.at;

INSERT INTO message_recipients (customer_id, message_id, address_hash, role)
SELECT 1, pg_temp.message_id(s.i, s.place, s.at), s.own_hash, 'to'
FROM said AS s
ORDER BY s.at;
