-- The messages of the conversations that `seed.sql` has made, to and fro. The indexes that are not in
-- the order of time are made once all rows are there.

CREATE TEMP TABLE said AS
SELECT
    d.i, d.id, d.channel, d.assignee_id, j AS place, j % 2 = 1 AS is_inbound,
    d.last_at - (d.message_count - j) * interval '7 minutes' AS at,
    pg_temp.message_id(d.i, j, d.last_at - (d.message_count - j) * interval '7 minutes')
        AS message_id,
    hashint8extended(d.person, CASE WHEN d.channel <= 8 THEN 1 ELSE 2 END) AS other_hash,
    hashint8extended(d.channel, 3) AS own_hash,
    hashint8extended((d.i * 7 + j) % (current_setting('bench.conversations')::bigint / 2), 4)
        AS body_hash
FROM drawn AS d, generate_series(1, d.message_count) AS j
ORDER BY at;

INSERT INTO inbound_events (
    customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key, signature,
    headers, content_type, body, received_at
)
SELECT
    1, s.message_id, md5('channel ' || s.channel)::uuid, 'generic',
    'message', s.i || '-' || s.place, 'message:' || s.i || '-' || s.place, 'unchecked',
    '{}', 'application/json', '{}', s.at
FROM said AS s
WHERE s.is_inbound;

ALTER TABLE messages DROP CONSTRAINT messages_customer_id_conversation_id_seq_key;
DROP INDEX messages_by_time, messages_sent_by_us;

INSERT INTO messages (
    customer_id, id, conversation_id, seq, direction, channel_id, kind, status, agent_id, from_hash,
    body_hash, body_format, subject, provider_message_id, event_id, sent_at, received_at
)
SELECT
    1, s.message_id, s.id, s.place, CASE WHEN s.is_inbound THEN 'inbound' ELSE 'outbound' END,
    md5('channel ' || s.channel)::uuid, CASE WHEN s.channel <= 8 THEN 'sms' ELSE 'email' END,
    CASE WHEN s.is_inbound THEN 'received' ELSE 'delivered' END,
    CASE WHEN NOT s.is_inbound THEN s.assignee_id END,
    CASE WHEN s.is_inbound THEN s.other_hash ELSE s.own_hash END, s.body_hash, 'text',
    CASE WHEN s.channel > 8 THEN 'Where is parcel ' || s.i END, s.i || '-' || s.place,
    CASE WHEN s.is_inbound THEN s.message_id END, s.at, s.at
FROM said AS s;

ALTER TABLE messages ADD UNIQUE (customer_id, conversation_id, seq);
CREATE INDEX messages_by_time ON messages (customer_id, conversation_id, sent_at DESC, id DESC);
CREATE INDEX messages_sent_by_us
    ON messages (customer_id, channel_id, provider_message_id) WHERE direction = 'outbound';

INSERT INTO message_recipients (customer_id, message_id, address_hash, role)
SELECT 1, s.message_id, CASE WHEN s.is_inbound THEN s.own_hash ELSE s.other_hash END, 'to'
FROM said AS s;
