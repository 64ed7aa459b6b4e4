-- name: find_addresses
-- Addresses that are not there, and those behind which nobody stands.
INSERT INTO rebuild.differences (customer_id, part, kind, key, hash, columns)
SELECT
    r.customer_id, 'addresses', CASE WHEN a.stored IS NULL THEN 'missing' ELSE 'changed' END,
    r.hash::text, r.hash, CASE WHEN a.stored IS NULL THEN '{}' ELSE '{contact}'::text[] END
FROM rebuild.addresses AS r
JOIN rebuild.address_map AS a ON a.customer_id = r.customer_id AND a.rebuilt = r.hash
LEFT JOIN public.addresses AS p ON p.customer_id = a.customer_id AND p.hash = a.stored
WHERE r.customer_id = %(customer_id)s::bigint
    AND (a.stored IS NULL OR (r.contact_id IS NOT NULL AND p.contact_id IS NULL))

-- name: find_bodies
-- Texts that are not there.
INSERT INTO rebuild.differences (customer_id, part, kind, key, hash)
SELECT b.customer_id, 'bodies', 'missing', b.rebuilt::text, b.rebuilt
FROM rebuild.body_map AS b
WHERE b.customer_id = %(customer_id)s::bigint AND b.stored IS NULL

-- name: list_strange_addresses
-- What lies under the hashes of addresses that are not there.
SELECT p.hash, p.kind || ':' || p.value
FROM rebuild.address_map AS a
JOIN public.addresses AS p ON p.customer_id = a.customer_id AND p.hash = a.rebuilt
WHERE a.customer_id = %(customer_id)s::bigint AND a.stored IS NULL

-- name: list_strange_bodies
-- What lies under the hashes of texts that are not there.
SELECT p.hash, p.text
FROM rebuild.body_map AS b
JOIN public.bodies AS p ON p.customer_id = b.customer_id AND p.hash = b.rebuilt
WHERE b.customer_id = %(customer_id)s::bigint AND b.stored IS NULL

-- name: mark_changed
-- What lies there has not this hash: the row was changed, not crowded out.
UPDATE rebuild.differences AS d
SET kind = 'changed', columns = '{value}'
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = %(part)s::text
    AND d.hash = ANY(%(hashes)s::bigint[])

-- name: find_missing_messages
-- Settled events that have no message.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, channel_id)
SELECT d.customer_id, 'messages', 'missing', d.event_id::text, d.event_id, d.channel_id
FROM rebuild.derived AS d
LEFT JOIN public.messages AS m ON m.customer_id = d.customer_id AND m.id = d.event_id
WHERE d.customer_id = %(customer_id)s::bigint AND d.kind = 'message' AND m.id IS NULL
    AND NOT EXISTS (
        SELECT FROM rebuild.lasting_copies AS o
        WHERE o.customer_id = d.customer_id AND o.event_id = d.event_id
    )

-- name: find_extra_messages
-- Messages whose event says no message, or that have no event though it could not be forgotten yet.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, channel_id)
SELECT m.customer_id, 'messages', 'extra', m.id::text, m.id, m.channel_id
FROM public.messages AS m
LEFT JOIN public.inbound_events AS e ON e.customer_id = m.customer_id AND e.id = m.event_id
WHERE m.customer_id = %(customer_id)s::bigint
    AND (%(channel_id)s::uuid IS NULL OR m.channel_id = %(channel_id)s::uuid)
    AND m.event_id IS NOT NULL
    AND (
        m.event_id <> m.id
        OR e.kind <> 'message'
        OR (e.id IS NULL AND m.received_at > now() - interval '7 days')
        OR EXISTS (
            SELECT FROM rebuild.derived AS k
            WHERE k.customer_id = m.customer_id AND k.event_id = m.id
                AND k.kind IN ('copy', 'receipt')
        )
    )
    AND NOT EXISTS (
        SELECT FROM rebuild.derived AS d
        WHERE d.customer_id = m.customer_id AND d.event_id = m.id AND d.kind = 'message'
    )

-- name: find_copies
-- Events that brought a mail once more, both ways. Those of what no event tells of stay.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, columns)
SELECT
    %(customer_id)s::bigint, 'message_copies',
    CASE
        WHEN p.event_id IS NULL THEN 'missing'
        WHEN r.event_id IS NULL THEN 'extra'
        ELSE 'changed'
    END,
    coalesce(r.event_id, p.event_id)::text, coalesce(r.event_id, p.event_id),
    CASE WHEN p.event_id = r.event_id THEN '{message_id}'::text[] ELSE '{}' END
FROM (
    SELECT r.event_id, r.message_id
    FROM rebuild.message_copies AS r
    WHERE r.customer_id = %(customer_id)s::bigint
) AS r
FULL JOIN (
    SELECT p.event_id, p.message_id
    FROM public.message_copies AS p
    JOIN rebuild.derived AS d ON d.customer_id = p.customer_id AND d.event_id = p.event_id
    LEFT JOIN rebuild.lasting_copies AS o
        ON o.customer_id = p.customer_id AND o.event_id = p.event_id
    WHERE p.customer_id = %(customer_id)s::bigint AND o.event_id IS NULL
) AS p ON p.event_id = r.event_id
WHERE r.message_id IS DISTINCT FROM p.message_id

-- name: find_changed_messages
-- Messages that say something else than their events.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, channel_id, columns)
SELECT m.customer_id, 'messages', 'changed', m.id::text, m.id, r.channel_id, n.columns
FROM rebuild.messages AS r
JOIN public.messages AS m ON m.customer_id = r.customer_id AND m.id = r.id
LEFT JOIN rebuild.address_map AS a ON a.customer_id = r.customer_id AND a.rebuilt = r.from_hash
LEFT JOIN rebuild.body_map AS b ON b.customer_id = r.customer_id AND b.rebuilt = r.body_hash
LEFT JOIN rebuild.explained AS x ON x.customer_id = m.customer_id AND x.id = m.id
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
        CASE WHEN x.id IS NULL THEN 'conversation_id' END,
        CASE WHEN m.channel_id <> r.channel_id THEN 'channel_id' END,
        CASE WHEN m.direction <> r.direction OR m.event_id <> r.event_id THEN 'event_id' END,
        CASE WHEN m.kind <> r.kind THEN 'kind' END,
        CASE WHEN m.from_hash IS DISTINCT FROM a.stored THEN 'from_hash' END,
        CASE WHEN m.from_written IS DISTINCT FROM r.from_written THEN 'from_written' END,
        CASE WHEN m.from_name IS DISTINCT FROM r.from_name THEN 'from_name' END,
        CASE WHEN m.body_hash IS DISTINCT FROM b.stored THEN 'body_hash' END,
        CASE WHEN m.body_format <> r.body_format THEN 'body_format' END,
        CASE WHEN m.subject IS DISTINCT FROM r.subject THEN 'subject' END,
        CASE WHEN m.provider_message_id IS DISTINCT FROM r.provider_message_id
            THEN 'provider_message_id' END,
        CASE WHEN m.sent_at <> r.sent_at THEN 'sent_at' END,
        CASE WHEN m.received_at <> r.received_at THEN 'received_at' END,
        CASE WHEN (m.mail_class, m.is_automatic) IS DISTINCT FROM (r.mail_class, r.is_automatic)
            THEN 'mail_class' END,
        CASE WHEN m.may_opt_out <> r.may_opt_out THEN 'may_opt_out' END,
        CASE WHEN m.shape IS DISTINCT FROM r.shape THEN 'shape' END,
        CASE WHEN m.quoted_id IS DISTINCT FROM r.quoted_id THEN 'quoted_id' END
    ], NULL) AS columns
) AS n
WHERE r.customer_id = %(customer_id)s::bigint AND cardinality(n.columns) > 0

-- name: find_recipients
-- To whom messages are addressed, both ways.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, hash, word)
SELECT
    %(customer_id)s::bigint, 'message_recipients',
    CASE WHEN p.message_id IS NULL THEN 'missing' ELSE 'extra' END,
    coalesce(r.message_id, p.message_id)::text, coalesce(r.message_id, p.message_id),
    coalesce(r.stored, p.address_hash), coalesce(r.role, p.role)
FROM (
    SELECT r.message_id, a.stored, r.role, coalesce(r.written, '') AS written
    FROM rebuild.message_recipients AS r
    JOIN rebuild.address_map AS a ON a.customer_id = r.customer_id AND a.rebuilt = r.address_hash
    JOIN public.messages AS m ON m.customer_id = r.customer_id AND m.id = r.message_id
    WHERE r.customer_id = %(customer_id)s::bigint
) AS r
FULL JOIN (
    SELECT p.message_id, p.address_hash, p.role, coalesce(p.written, '') AS written
    FROM public.message_recipients AS p
    JOIN rebuild.messages AS m ON m.customer_id = p.customer_id AND m.id = p.message_id
    WHERE p.customer_id = %(customer_id)s::bigint
) AS p
    ON p.message_id = r.message_id AND p.address_hash = r.stored AND p.role = r.role
        AND p.written = r.written
WHERE r.message_id IS NULL OR p.message_id IS NULL

-- name: find_attachments
-- What messages carry, both ways.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id)
SELECT
    %(customer_id)s::bigint, 'attachments',
    CASE
        WHEN p.message_id IS NULL THEN 'missing'
        WHEN r.message_id IS NULL THEN 'extra'
        ELSE 'changed'
    END,
    coalesce(r.message_id, p.message_id)::text, coalesce(r.message_id, p.message_id)
FROM (
    SELECT
        r.message_id, r.position, r.url, r.file_hash, r.content_type, r.filename, r.size_bytes,
        r.content_id
    FROM rebuild.attachments AS r
    JOIN public.messages AS m ON m.customer_id = r.customer_id AND m.id = r.message_id
    WHERE r.customer_id = %(customer_id)s::bigint
) AS r
FULL JOIN (
    SELECT
        p.message_id, p.position, p.url, p.file_hash, p.content_type, p.filename, p.size_bytes,
        p.content_id
    FROM public.attachments AS p
    JOIN rebuild.messages AS m ON m.customer_id = p.customer_id AND m.id = p.message_id
    WHERE p.customer_id = %(customer_id)s::bigint
) AS p ON p.message_id = r.message_id AND p.position = r.position
WHERE (
    p.message_id, p.url, p.file_hash, p.content_type, p.filename, p.size_bytes, p.content_id
) IS DISTINCT FROM (
    r.message_id, r.url, r.file_hash, r.content_type, r.filename, r.size_bytes, r.content_id
)

-- name: find_receipts
-- Receipts that are not there, say something else, or do not know a message that they are about.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, columns)
SELECT
    r.customer_id, 'message_receipts',
    CASE WHEN p.event_id IS NULL THEN 'missing' ELSE 'changed' END, r.event_id::text, r.event_id,
    CASE WHEN p.event_id IS NULL THEN '{}' ELSE n.columns END
FROM rebuild.message_receipts AS r
LEFT JOIN public.message_receipts AS p
    ON p.customer_id = r.customer_id AND p.event_id = r.event_id
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
        -- A mail that reports names a Message-ID, which stays when the message is sent once more.
        CASE WHEN (p.channel_id, p.provider_message_id)
            IS DISTINCT FROM (r.channel_id, r.provider_message_id)
            AND (p.message_id IS NULL OR NOT EXISTS (
                SELECT FROM public.inbound_events AS e
                WHERE e.customer_id = r.customer_id AND e.id = r.event_id AND e.kind = 'message'
            ))
            THEN 'provider_message_id' END,
        CASE WHEN (p.status, p.provider_status)
            IS DISTINCT FROM (r.status, r.provider_status) THEN 'status' END,
        CASE WHEN p.error_code IS DISTINCT FROM r.error_code THEN 'error_code' END,
        CASE WHEN p.is_opt_out IS DISTINCT FROM r.is_opt_out THEN 'is_opt_out' END,
        CASE WHEN p.occurred_at IS DISTINCT FROM r.occurred_at THEN 'occurred_at' END,
        CASE WHEN p.message_id IS NULL AND EXISTS (
            SELECT FROM public.messages AS m
            WHERE m.customer_id = r.customer_id AND m.channel_id = r.channel_id
                AND m.provider_message_id = r.provider_message_id AND m.direction = 'outbound'
        ) THEN 'message_id' END
    ], NULL) AS columns
) AS n
WHERE r.customer_id = %(customer_id)s::bigint
    AND (p.event_id IS NULL OR cardinality(n.columns) > 0)

-- name: find_extra_receipts
-- Receipts whose event says none.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id)
SELECT p.customer_id, 'message_receipts', 'extra', p.event_id::text, p.event_id
FROM public.message_receipts AS p
JOIN public.inbound_events AS e ON e.customer_id = p.customer_id AND e.id = p.event_id
LEFT JOIN rebuild.derived AS d ON d.customer_id = p.customer_id AND d.event_id = p.event_id
WHERE p.customer_id = %(customer_id)s::bigint
    AND CASE e.kind
        WHEN 'receipt' THEN false
        WHEN 'message' THEN d.kind IN ('message', 'copy')
        ELSE true
    END
    AND (%(channel_id)s::uuid IS NULL OR p.channel_id = %(channel_id)s::uuid)

-- name: find_message_ids
-- Message-IDs that are not there, or lead to no mail, or to one that does not bear them.
INSERT INTO rebuild.differences (customer_id, part, kind, key, id, channel_id, columns)
SELECT
    r.customer_id, 'email_message_ids',
    CASE WHEN p.hash IS NULL THEN 'missing' ELSE 'changed' END, r.hash::text, r.hash,
    r.channel_id, CASE WHEN p.hash IS NULL THEN '{}' ELSE n.columns END
FROM rebuild.email_message_ids AS r
LEFT JOIN public.email_message_ids AS p
    ON p.customer_id = r.customer_id AND p.channel_id = r.channel_id AND p.hash = r.hash
LEFT JOIN rebuild.derived AS d
    ON d.customer_id = p.customer_id AND d.event_id = p.message_id
LEFT JOIN public.messages AS m ON m.customer_id = p.customer_id AND m.id = p.message_id
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
        CASE WHEN p.value <> r.value THEN 'value' END,
        CASE WHEN p.message_id = r.message_id
            AND p.content_hash IS DISTINCT FROM r.content_hash THEN 'content_hash' END,
        CASE
            WHEN p.message_id IS NULL AND r.message_id IS NOT NULL THEN 'message_id'
            WHEN p.message_id IS NOT NULL AND m.id IS NULL THEN 'message_id'
            WHEN d.kind = 'copy' THEN 'message_id'
            WHEN d.event_id IS NOT NULL
                AND (d.own_id, d.channel_id) IS DISTINCT FROM (r.hash, r.channel_id)
                THEN 'message_id'
        END
    ], NULL) AS columns
) AS n
WHERE r.customer_id = %(customer_id)s::bigint
    AND (p.hash IS NULL OR cardinality(n.columns) > 0)

-- name: count_differences
-- How much differs, by table.
SELECT d.part, d.kind, count(DISTINCT d.key), (array_agg(DISTINCT d.key))[1:5]
FROM rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint
GROUP BY d.part, d.kind
ORDER BY d.part, d.kind

-- name: count_columns
-- In which columns rows are changed.
SELECT d.part, v.name, count(DISTINCT d.key)
FROM rebuild.differences AS d
CROSS JOIN LATERAL unnest(d.columns) AS v (name)
WHERE d.customer_id = %(customer_id)s::bigint
GROUP BY d.part, v.name
ORDER BY d.part, v.name
