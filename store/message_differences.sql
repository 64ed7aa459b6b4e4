-- name: list_bare
-- Which of these messages came in and are addressed to nobody.
SELECT m.id::text
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = ANY(%(ids)s::uuid[])
    AND m.event_id IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM message_recipients AS r
        WHERE r.customer_id = m.customer_id AND r.message_id = m.id
    )

-- name: read_messages
-- What some messages say that came in.
SELECT
    m.id::text, m.channel_id::text, m.kind, f.kind || ':' || f.value, m.from_written, m.from_name,
    b.text, m.body_format, m.subject, m.provider_message_id, m.sent_at, m.received_at, m.mail_class,
    m.is_automatic, m.shape, m.quoted_id,
    EXISTS (
        SELECT FROM message_copies AS k
        WHERE k.customer_id = m.customer_id AND k.message_id = m.id
    )
FROM messages AS m
JOIN addresses AS f ON f.customer_id = m.customer_id AND f.hash = m.from_hash
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = ANY(%(ids)s::uuid[])
    AND m.event_id IS NOT NULL

-- name: read_recipients
-- To whom some messages are addressed.
SELECT r.message_id::text, r.role, a.kind || ':' || a.value, r.written
FROM message_recipients AS r
JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
WHERE r.customer_id = %(customer_id)s::bigint AND r.message_id = ANY(%(ids)s::uuid[])

-- name: read_attachments
-- What some messages carry.
SELECT
    a.message_id::text, a.url, a.file_hash, a.content_type, a.filename, a.size_bytes, a.content_id
FROM attachments AS a
WHERE a.customer_id = %(customer_id)s::bigint AND a.message_id = ANY(%(ids)s::uuid[])
ORDER BY a.message_id, a.position

-- name: read_message_ids
-- Which Message-IDs are known that mails on the channels of some messages may bear.
SELECT m.id::text, i.hash::text, i.value
FROM messages AS m
JOIN email_message_ids AS i
    ON i.customer_id = m.customer_id AND i.channel_id = m.channel_id AND i.message_id = m.id
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = ANY(%(ids)s::uuid[])

-- name: hold_conversation
-- Hold a message's conversation before anything of it changes.
SELECT c.id
FROM messages AS m
JOIN conversations AS c ON c.customer_id = m.customer_id AND c.id = m.conversation_id
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = %(id)s::uuid
FOR UPDATE OF c

-- name: mend_message
-- Let a message say this.
UPDATE messages AS m
SET channel_id = %(channel_id)s::uuid, kind = %(kind)s::text, from_hash = %(from_hash)s::bigint,
    from_written = %(from_written)s::text, from_name = %(from_name)s::text,
    body_hash = %(body_hash)s::bigint, body_format = %(body_format)s::text,
    subject = %(subject)s::text, provider_message_id = %(provider_message_id)s::text,
    sent_at = %(sent_at)s::timestamptz, received_at = %(received_at)s::timestamptz,
    mail_class = %(mail_class)s::text, is_automatic = %(is_automatic)s::boolean,
    shape = %(shape)s::text, quoted_id = %(quoted_id)s::text
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = %(id)s::uuid

-- name: drop_recipients
-- Let a message be addressed to nobody that it is not; whom copies of it named stay.
DELETE FROM message_recipients AS r
WHERE r.customer_id = %(customer_id)s::bigint AND r.message_id = %(id)s::uuid
    AND (
        r.address_hash = ANY(%(keeps)s::bigint[])
        OR NOT EXISTS (
            SELECT FROM message_copies AS k
            WHERE k.customer_id = r.customer_id AND k.message_id = r.message_id
        )
    )

-- name: write_recipients
-- Address a message.
INSERT INTO message_recipients (customer_id, message_id, address_hash, role, written)
SELECT %(customer_id)s::bigint, %(id)s::uuid, t.hash, t.role, t.form
FROM unnest(%(roles)s::text[], %(hashes)s::bigint[], %(forms)s::text[]) AS t (role, hash, form)
ON CONFLICT DO NOTHING

-- name: drop_attachments
-- Let a message carry no more than this.
DELETE FROM attachments AS a
WHERE a.customer_id = %(customer_id)s::bigint AND a.message_id = %(id)s::uuid
    AND a.position > %(most)s::integer

-- name: write_attachments
-- Let a message carry this.
INSERT INTO attachments (
    customer_id, message_id, position, url, file_hash, content_type, filename, size_bytes, content_id
)
SELECT
    %(customer_id)s::bigint, %(id)s::uuid, t.position, t.url, t.file_hash, t.content_type, t.filename,
    t.size_bytes, t.content_id
FROM unnest(
    %(urls)s::text[], %(file_hashes)s::bytea[], %(content_types)s::text[], %(filenames)s::text[],
    %(sizes)s::bigint[], %(content_ids)s::text[]
) WITH ORDINALITY
    AS t (url, file_hash, content_type, filename, size_bytes, content_id, position)
ON CONFLICT (customer_id, message_id, position) DO UPDATE SET
    url = excluded.url, file_hash = excluded.file_hash, content_type = excluded.content_type,
    filename = excluded.filename, size_bytes = excluded.size_bytes,
    content_id = excluded.content_id

-- name: write_message_ids
-- Let a Message-ID lead to its mail.
INSERT INTO email_message_ids AS i (customer_id, channel_id, hash, value, message_id)
SELECT %(customer_id)s::bigint, %(channel_id)s::uuid, t.hash, t.value, %(id)s::uuid
FROM unnest(%(hashes)s::uuid[], %(values)s::text[]) AS t (hash, value)
ON CONFLICT (customer_id, channel_id, hash) DO UPDATE SET
    value = excluded.value, message_id = coalesce(i.message_id, excluded.message_id)

-- name: drop_document
-- Let the search forget what a message said.
DELETE FROM search_documents AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.message_id = %(id)s::uuid

-- name: touch_conversation
-- Note that a message's conversation changed.
UPDATE conversations AS c
SET version = c.version + 1
FROM messages AS m
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = %(id)s::uuid
    AND c.customer_id = m.customer_id AND c.id = m.conversation_id
RETURNING c.id::text, m.seq, c.version
