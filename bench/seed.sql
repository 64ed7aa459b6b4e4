-- Fills a migrated, empty database with `bench.conversations` conversations, set by set; the
-- messages and the search index follow in files of their own, in the same session.
-- 12 channels, busier and quieter ones; people who write on several; five messages a conversation,
-- a hundred in every hundredth; activity over two years, the newest seconds ago; 3 % open, 1 %
-- pending, 0.5 % snoozed, the rest closed; 20 agents, 20 tags, words as frequent as words are.

SET session_replication_role = replica; -- what is made here satisfies the foreign keys
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';
SET synchronous_commit = off;
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

INSERT INTO agents (customer_id, id, name, role, read_from)
SELECT 1, md5('agent ' || n)::uuid, 'agent ' || n, 'lead', now() - interval '60 days'
FROM generate_series(1, 20) AS n;

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

-- The n-th of 20,000 words is used as often as 1 / n; each text has a number of its own as well.
CREATE TEMP TABLE vocabulary AS
SELECT
    n,
    translate(substr(md5('word ' || n), 1, 3 + n % 7), '0123456789abcdef', 'aeioubcdglmnprst')
        AS word
FROM generate_series(1, 20000) AS n;

INSERT INTO bodies (customer_id, hash, text)
SELECT
    1, hashint8extended(drawn.b, 4),
    'Parcel ' || 1000000 + drawn.b || ' ' || string_agg(v.word, ' ' ORDER BY drawn.place)
FROM (
    SELECT b, place, 1 + floor(power(20000, random()))::integer AS n
    FROM
        generate_series(0, current_setting('bench.conversations')::bigint / 2) AS b,
        generate_series(1, 8 + (b % 9)::integer) AS place
) AS drawn
JOIN vocabulary AS v ON v.n = least(drawn.n, 20000)
GROUP BY drawn.b;

CREATE TEMP TABLE drawn AS
SELECT
    i,
    md5('conversation ' || i)::uuid AS id,
    1 + floor(12 * power(random(), 1.5))::integer AS channel,
    1 + floor(random() * (size.n / 2))::bigint AS person,
    CASE WHEN i % 100 = 0 THEN 104 ELSE 1 + (i % 7)::integer END AS message_count,
    CASE
        WHEN random() < CASE WHEN i > 0.9 * size.n THEN 0.4 ELSE 0.0055 END
            THEN (ARRAY['open', 'open', 'open', 'open', 'open', 'open', 'pending', 'pending', 'snoozed'])
                [1 + floor(random() * 9)::integer]
        WHEN random() < 0.01 THEN 'spam'
        ELSE 'closed'
    END AS status,
    CASE WHEN random() < 0.7 THEN md5('agent ' || 1 + floor(random() * 20)::integer)::uuid END
        AS assignee_id,
    now() - make_interval(secs => 1 + (size.n - i) * (730 * 86400.0 / size.n) * power(random(), 0.2))
        AS last_at
FROM
    (SELECT current_setting('bench.conversations')::bigint AS n) AS size,
    generate_series(1, size.n) AS i;

INSERT INTO conversations (
    customer_id, id, channel_id, key_hash, status, closed_at, snoozed_until, assignee_id, subject,
    message_count, inbound_count, last_seq, last_inbound_seq, first_message_at, first_message_id,
    last_activity_at, last_message_id, last_message_direction, last_message_preview,
    last_outbound_at, waiting_since
)
SELECT
    1, d.id, md5('channel ' || d.channel)::uuid, md5('key ' || d.i)::uuid, d.status,
    CASE WHEN d.status = 'closed' THEN d.last_at END,
    CASE WHEN d.status = 'snoozed' THEN now() + interval '3 days' END,
    d.assignee_id,
    CASE WHEN d.channel > 8 THEN 'Where is parcel ' || d.i END,
    d.message_count, (d.message_count + 1) / 2, d.message_count, d.message_count - 1 + d.message_count % 2,
    d.last_at - (d.message_count - 1) * interval '7 minutes',
    pg_temp.message_id(d.i, 1, d.last_at - (d.message_count - 1) * interval '7 minutes'),
    d.last_at, pg_temp.message_id(d.i, d.message_count, d.last_at),
    CASE WHEN d.message_count % 2 = 1 THEN 'inbound' ELSE 'outbound' END,
    left('Parcel ' || d.i || ' ' || repeat('about a parcel ', 8), 160),
    CASE WHEN d.message_count > 1 THEN d.last_at END,
    CASE WHEN d.message_count % 2 = 1 THEN d.last_at END
FROM drawn AS d
ORDER BY d.i;

INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT 1, d.id, hashint8extended(d.channel, 3), 'own' FROM drawn AS d
UNION ALL
SELECT 1, d.id, hashint8extended(d.person, CASE WHEN d.channel <= 8 THEN 1 ELSE 2 END), 'other'
FROM drawn AS d
UNION ALL
SELECT 1, d.id, hashint8extended(0, 1), 'other' FROM drawn AS d WHERE d.i % 100 = 7;

-- The first tag is on a conversation in eight, the twentieth on one in 160.
INSERT INTO conversation_tags (customer_id, conversation_id, tag)
SELECT 1, d.id, 'tag-' || t
FROM drawn AS d, generate_series(1, 20) AS t
WHERE hashint8extended(d.i * 20 + t, 6) % (8 * t) = 0;

-- Four agents have read nine in ten of what came since they began, the rest up to the first message.
INSERT INTO read_marks (customer_id, agent_id, conversation_id, last_read_seq)
SELECT
    1, md5('agent ' || n)::uuid, d.id,
    CASE WHEN hashint8extended(d.i, n) % 10 = 0 THEN 1 ELSE d.message_count END
FROM drawn AS d, generate_series(1, 4) AS n
WHERE d.last_at >= now() - interval '60 days';
