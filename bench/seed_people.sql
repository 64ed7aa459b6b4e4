-- Copies what `seed.sql` and its followers made for customer 1 to `bench.customers` customers in all,
-- and lets `bench.people` agents of each in: person P of customer C has the cookie `person-C-P`.
-- Ids and hashes are the same in each, for a customer is in front of every key.

DROP INDEX search_documents_terms;

CREATE TEMP TABLE others AS
SELECT n FROM generate_series(2, current_setting('bench.customers')::integer) AS n;

INSERT INTO customers (id, name) SELECT n, 'customer ' || n FROM others;

INSERT INTO channels (
    customer_id, id, token, kind, provider, name, own_address, signature_mode
)
SELECT n, c.id, c.token || '-' || n, c.kind, c.provider, c.name, c.own_address, c.signature_mode
FROM channels AS c, others
WHERE c.customer_id = 1;

INSERT INTO contacts (customer_id, id)
SELECT n, c.id FROM contacts AS c, others WHERE c.customer_id = 1;

INSERT INTO addresses (customer_id, hash, kind, value, is_validated, contact_id)
SELECT n, a.hash, a.kind, a.value, a.is_validated, a.contact_id
FROM addresses AS a, others
WHERE a.customer_id = 1;

INSERT INTO bodies (customer_id, hash, text)
SELECT n, b.hash, b.text FROM bodies AS b, others WHERE b.customer_id = 1;

INSERT INTO agents (customer_id, id, name, role, read_from)
SELECT n, a.id, a.name, a.role, a.read_from FROM agents AS a, others WHERE a.customer_id = 1;

INSERT INTO conversations (
    customer_id, id, channel_id, key_hash, status, closed_at, snoozed_until, assignee_id, subject,
    message_count, inbound_count, last_seq, last_inbound_seq, first_message_at, first_message_id,
    last_activity_at, last_message_id, last_message_direction, last_message_preview,
    last_outbound_at, waiting_since
)
SELECT
    n, c.id, c.channel_id, c.key_hash, c.status, c.closed_at, c.snoozed_until, c.assignee_id,
    c.subject, c.message_count, c.inbound_count, c.last_seq, c.last_inbound_seq, c.first_message_at,
    c.first_message_id, c.last_activity_at, c.last_message_id, c.last_message_direction,
    c.last_message_preview, c.last_outbound_at, c.waiting_since
FROM conversations AS c, others
WHERE c.customer_id = 1;

INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT n, p.conversation_id, p.address_hash, p.role
FROM conversation_participants AS p, others
WHERE p.customer_id = 1;

INSERT INTO conversation_tags (customer_id, conversation_id, tag)
SELECT n, t.conversation_id, t.tag FROM conversation_tags AS t, others WHERE t.customer_id = 1;

INSERT INTO messages (
    customer_id, id, conversation_id, seq, direction, channel_id, kind, status, agent_id, from_hash,
    body_hash, body_format, subject, provider_message_id, event_id, sent_at, received_at
)
SELECT
    n, m.id, m.conversation_id, m.seq, m.direction, m.channel_id, m.kind, m.status, m.agent_id,
    m.from_hash, m.body_hash, m.body_format, m.subject, m.provider_message_id, m.event_id,
    m.sent_at, m.received_at
FROM messages AS m, others
WHERE m.customer_id = 1;

INSERT INTO message_recipients (customer_id, message_id, address_hash, role)
SELECT n, r.message_id, r.address_hash, r.role
FROM message_recipients AS r, others
WHERE r.customer_id = 1;

INSERT INTO search_documents (customer_id, message_id, conversation_id, number, text, terms)
SELECT
    copied.n, copied.message_id, copied.conversation_id, copied.number, copied.text,
    ts_delete(copied.terms, ':1:' || copied.old_number / 16384)
        || array_to_tsvector(ARRAY[':' || copied.n || ':' || copied.number / 16384])
FROM (
    SELECT
        others.n, d.message_id, d.conversation_id, d.text, d.terms, d.number AS old_number,
        d.number + (others.n - 1) * last.number AS number
    FROM
        search_documents AS d, others,
        (SELECT max(number) AS number FROM search_documents) AS last
    WHERE d.customer_id = 1
) AS copied
ORDER BY copied.number;

SELECT setval('search_number', (SELECT max(d.number) FROM search_documents AS d));

INSERT INTO search_words (customer_id, word)
SELECT n, w.word FROM search_words AS w, others WHERE w.customer_id = 1;

CREATE INDEX search_documents_terms ON search_documents USING gin (terms) WITH (fastupdate = off);

CREATE TEMP TABLE people AS
SELECT c.id AS customer_id, p, c.id || '-' || p AS name
FROM customers AS c, generate_series(1, current_setting('bench.people')::integer) AS p;

INSERT INTO agents (customer_id, id, name, role, read_from)
SELECT customer_id, md5('person ' || p)::uuid, 'person ' || name, 'agent', now() - interval '7 days'
FROM people;

INSERT INTO api_keys (customer_id, id, name, key_hash, scopes, agent_id)
SELECT
    customer_id, md5('key ' || p)::uuid, 'person ' || name, sha256(('key-' || name)::bytea),
    ARRAY['admin'], md5('person ' || p)::uuid
FROM people;

INSERT INTO web_sessions (token_hash, customer_id, key_id, expires_at)
SELECT
    sha256(('person-' || name)::bytea), customer_id, md5('key ' || p)::uuid,
    now() + interval '14 days'
FROM people;

-- Replies go to a provider that is played where the clients are.
UPDATE channels SET send_url = current_setting('bench.send_url');
