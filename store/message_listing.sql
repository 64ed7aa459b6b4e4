-- name: page_newest
-- Which messages of a conversation come before a time, the latest first.
SELECT m.id, m.sent_at AS at, m.seq
FROM messages AS m
WHERE m.customer_id = %(customer_id)s
  AND m.conversation_id = %(conversation_id)s::uuid
  AND (m.sent_at, m.id) < (%(edge_at)s::timestamptz, %(edge_id)s::uuid)
ORDER BY m.sent_at DESC, m.id DESC
LIMIT %(row_count)s::bigint

-- name: page_oldest
-- Which messages of a conversation come after a time, the earliest first.
SELECT m.id, m.sent_at AS at, m.seq
FROM messages AS m
WHERE m.customer_id = %(customer_id)s
  AND m.conversation_id = %(conversation_id)s::uuid
  AND (m.sent_at, m.id) > (%(edge_at)s::timestamptz, %(edge_id)s::uuid)
ORDER BY m.sent_at, m.id
LIMIT %(row_count)s::bigint

-- name: page_before_seq
-- Which messages of a conversation have a lower number, the highest first.
SELECT m.id, m.sent_at AS at, m.seq
FROM messages AS m
WHERE m.customer_id = %(customer_id)s
  AND m.conversation_id = %(conversation_id)s::uuid
  AND m.seq < %(edge_seq)s::bigint
ORDER BY m.seq DESC
LIMIT %(row_count)s::bigint

-- name: page_after_seq
-- Which messages of a conversation have a higher number, the lowest first.
SELECT m.id, m.sent_at AS at, m.seq
FROM messages AS m
WHERE m.customer_id = %(customer_id)s
  AND m.conversation_id = %(conversation_id)s::uuid
  AND m.seq > %(edge_seq)s::bigint
ORDER BY m.seq
LIMIT %(row_count)s::bigint

-- name: read_messages
-- What is shown of some messages, in the order given; what is gone is left out.
SELECT
    m.id, m.conversation_id, m.channel_id, m.seq, m.direction, m.kind, m.status,
    m.agent_id, ag.name AS agent_name, m.failure_code, m.failure,
    a.kind AS from_kind, a.value AS from_address, m.from_name, a.contact_id AS from_contact_id,
    m.subject, m.body_format, m.provider_message_id, octet_length(b.text) AS body_bytes,
    CASE WHEN m.body_format <> 'html' OR %(with_html)s::boolean THEN b.text ELSE '' END AS body,
    m.sent_at, m.received_at, m.created_at, m.mail_class, m.is_automatic, m.shape, m.quoted_id,
    CASE WHEN m.may_opt_out THEN EXISTS (
        SELECT FROM undecided_opt_outs AS u
        WHERE u.customer_id = m.customer_id AND u.message_id = m.id
    ) ELSE false END AS may_opt_out
FROM unnest(%(message_ids)s::uuid[]) WITH ORDINALITY AS wanted (id, place)
JOIN messages AS m ON m.customer_id = %(customer_id)s AND m.id = wanted.id
JOIN addresses AS a ON a.customer_id = m.customer_id AND a.hash = m.from_hash
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
LEFT JOIN agents AS ag ON ag.customer_id = m.customer_id AND ag.id = m.agent_id
ORDER BY wanted.place

-- name: find_by_provider_message_id
-- Which messages a provider knows by this id, on any channel: ours, and those sent to us.
SELECT found.id
FROM channels AS ch
CROSS JOIN LATERAL (
    SELECT m.id
    FROM messages AS m
    WHERE m.customer_id = ch.customer_id
      AND m.channel_id = ch.id
      AND m.provider_message_id = %(provider_message_id)s::text
      AND m.direction = 'outbound'
    UNION ALL
    SELECT m.id
    FROM inbound_events AS e
    JOIN messages AS m ON m.customer_id = e.customer_id AND m.id = e.id
    WHERE e.customer_id = ch.customer_id
      AND e.channel_id = ch.id
      AND e.dedup_key = %(dedup_key)s::text
) AS found
WHERE ch.customer_id = %(customer_id)s
ORDER BY found.id
LIMIT %(row_count)s::bigint

-- name: list_quoted
-- Which messages of their conversation some quote, by the id that the provider gave them: ours, or
-- theirs.
SELECT
    w.id AS message_id, q.id, q.seq, q.direction, q.subject, q.body_format, b.text AS body,
    (
        SELECT count(*) FROM attachments AS f
        WHERE f.customer_id = q.customer_id AND f.message_id = q.id
    ) AS attachment_count
FROM unnest(%(message_ids)s::uuid[]) AS t (id)
JOIN messages AS w ON w.customer_id = %(customer_id)s AND w.id = t.id
CROSS JOIN LATERAL (
    SELECT m.customer_id, m.id, m.seq, m.direction, m.subject, m.body_format, m.body_hash
    FROM messages AS m
    WHERE m.customer_id = w.customer_id
        AND m.channel_id = w.channel_id
        AND m.provider_message_id = w.quoted_id
        AND m.kind = 'whatsapp'
        AND m.conversation_id = w.conversation_id
    ORDER BY m.seq
    LIMIT 1
) AS q
JOIN bodies AS b ON b.customer_id = q.customer_id AND b.hash = q.body_hash

-- name: list_recipients
-- To whom some messages went.
SELECT r.message_id, r.role, a.kind, a.value AS address, a.contact_id
FROM message_recipients AS r
JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
WHERE r.customer_id = %(customer_id)s AND r.message_id = ANY (%(message_ids)s::uuid[])
ORDER BY r.message_id, r.role, a.kind, a.value

-- name: list_attachments
-- The files of some messages, in the provider's order, and whether they are here.
SELECT
    a.message_id, a.position, a.url, a.content_type, f.media_type AS detected_type, a.filename,
    coalesce(f.size_bytes, octet_length(f.content), a.size_bytes) AS size_bytes, a.content_id,
    CASE WHEN f.hash IS NOT NULL THEN 'stored' ELSE coalesce(d.status, 'failed') END AS status,
    CASE
        WHEN f.hash IS NOT NULL THEN NULL
        WHEN d.status IS NULL THEN 'media_not_tried'
        ELSE d.error_class
    END AS error_class,
    CASE
        WHEN f.hash IS NOT NULL THEN NULL
        WHEN d.status IS NULL THEN 'nobody has fetched it yet'
        ELSE d.error
    END AS error
FROM attachments AS a
LEFT JOIN media_fetches AS d
    ON d.customer_id = a.customer_id AND d.message_id = a.message_id AND d.position = a.position
        AND d.url = a.url
LEFT JOIN files AS f
    ON f.customer_id = a.customer_id AND f.hash = coalesce(a.file_hash, d.file_hash)
WHERE a.customer_id = %(customer_id)s AND a.message_id = ANY (%(message_ids)s::uuid[])
ORDER BY a.message_id, a.position
