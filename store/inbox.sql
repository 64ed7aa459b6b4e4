-- name: list_by_activity
-- One page of all conversations, latest activity first: one range of conversations_by_activity.
SELECT
    c.id, c.channel_id, ch.kind AS channel_kind, ch.name AS channel_name, ch.own_address,
    c.subject, c.status, c.assignee_id, c.message_count, c.inbound_count, c.last_seq,
    c.last_activity_at, c.last_message_id, c.last_message_direction, c.last_message_preview,
    c.created_at, c.closed_at, c.version
FROM conversations AS c
JOIN channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
WHERE c.customer_id = %(customer_id)s
  AND (c.last_activity_at, c.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
  AND c.last_activity_at >= %(from_at)s::timestamptz
ORDER BY c.last_activity_at DESC, c.id DESC
LIMIT %(row_count)s::bigint

-- name: list_by_channel
-- One page of some channels and statuses: one short range per pair, the latest of them merged.
-- Every row of a page comes from one of the `row_count` pairs with the latest first rows.
WITH pair AS (
    SELECT ch.id AS channel_id, wanted.status
    FROM channels AS ch
    CROSS JOIN unnest(%(statuses)s::text[]) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT c.last_activity_at, c.id
        FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s
          AND c.channel_id = ch.id
          AND c.status = wanted.status
          AND (c.last_activity_at, c.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
          AND c.last_activity_at >= %(from_at)s::timestamptz
        ORDER BY c.last_activity_at DESC, c.id DESC
        LIMIT 1
    ) AS first
    WHERE ch.customer_id = %(customer_id)s
      AND (%(channel_id)s::uuid IS NULL OR ch.id = %(channel_id)s::uuid)
      AND (%(channel_kind)s::text IS NULL OR ch.kind = %(channel_kind)s::text)
      AND (%(own_addresses)s::text[] IS NULL OR ch.own_address = ANY (%(own_addresses)s::text[]))
    ORDER BY first.last_activity_at DESC, first.id DESC
    LIMIT %(row_count)s::bigint
),
page AS (
    SELECT ranked.id
    FROM pair
    CROSS JOIN LATERAL (
        SELECT c.last_activity_at, c.id
        FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s
          AND c.channel_id = pair.channel_id
          AND c.status = pair.status
          AND (c.last_activity_at, c.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
          AND c.last_activity_at >= %(from_at)s::timestamptz
        ORDER BY c.last_activity_at DESC, c.id DESC
        LIMIT %(row_count)s::bigint
    ) AS ranked
    ORDER BY ranked.last_activity_at DESC, ranked.id DESC
    LIMIT %(row_count)s::bigint
)
SELECT
    c.id, c.channel_id, ch.kind AS channel_kind, ch.name AS channel_name, ch.own_address,
    c.subject, c.status, c.assignee_id, c.message_count, c.inbound_count, c.last_seq,
    c.last_activity_at, c.last_message_id, c.last_message_direction, c.last_message_preview,
    c.created_at, c.closed_at, c.version
FROM page
JOIN conversations AS c ON c.customer_id = %(customer_id)s AND c.id = page.id
JOIN channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
ORDER BY c.last_activity_at DESC, c.id DESC

-- name: find_reach
-- What an address means here: its hashes, whether a channel owns it, whether many conversations have it.
WITH wanted AS (
    SELECT a.hash
    FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS asked (kind, value)
    JOIN addresses AS a
        ON a.customer_id = %(customer_id)s AND a.value = asked.value AND a.kind = asked.kind
)
SELECT
    (SELECT coalesce(array_agg(w.hash), '{}') FROM wanted AS w) AS hashes,
    EXISTS (
        SELECT FROM channels AS ch
        WHERE ch.customer_id = %(customer_id)s AND ch.own_address = ANY (%(values)s::text[])
    ) AS is_own,
    (
        SELECT count(*) > %(few)s::bigint
        FROM (
            SELECT FROM wanted AS w
            JOIN conversation_participants AS p
                ON p.customer_id = %(customer_id)s AND p.address_hash = w.hash
            LIMIT %(few)s::bigint + 1
        ) AS counted
    ) AS is_many

-- name: list_by_address
-- One page of the conversations with some addresses: all of them, sorted. For addresses in few.
WITH page AS (
    SELECT taken.id
    FROM (
        SELECT DISTINCT p.conversation_id
        FROM conversation_participants AS p
        WHERE p.customer_id = %(customer_id)s AND p.address_hash = ANY (%(hashes)s::bigint[])
    ) AS part
    CROSS JOIN LATERAL (
        SELECT c.id, c.last_activity_at, c.channel_id
        FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s
          AND c.id = part.conversation_id
          AND (c.last_activity_at, c.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
          AND c.last_activity_at >= %(from_at)s::timestamptz
          AND c.status = ANY (%(statuses)s::text[])
        LIMIT 1
    ) AS taken
    JOIN channels AS ch ON ch.customer_id = %(customer_id)s AND ch.id = taken.channel_id
    WHERE (%(channel_id)s::uuid IS NULL OR ch.id = %(channel_id)s::uuid)
      AND (%(channel_kind)s::text IS NULL OR ch.kind = %(channel_kind)s::text)
    ORDER BY taken.last_activity_at DESC, taken.id DESC
    LIMIT %(row_count)s::bigint
)
SELECT
    c.id, c.channel_id, ch.kind AS channel_kind, ch.name AS channel_name, ch.own_address,
    c.subject, c.status, c.assignee_id, c.message_count, c.inbound_count, c.last_seq,
    c.last_activity_at, c.last_message_id, c.last_message_direction, c.last_message_preview,
    c.created_at, c.closed_at, c.version
FROM page
JOIN conversations AS c ON c.customer_id = %(customer_id)s AND c.id = page.id
JOIN channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
ORDER BY c.last_activity_at DESC, c.id DESC

-- name: list_by_busy_address
-- The same among the `window` latest conversations only. For addresses in many: usually enough.
-- `IS TRUE` keeps the planner from making a join of it, which would lose the order: so the window
-- is read from the index alone, each id is looked up in a hash table, and a full page ends the scan.
WITH page AS (
    SELECT latest.id
    FROM (
        SELECT c.id, c.last_activity_at
        FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s
          AND (c.last_activity_at, c.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
          AND c.last_activity_at >= %(from_at)s::timestamptz
        ORDER BY c.last_activity_at DESC, c.id DESC
        LIMIT %(window)s::bigint
    ) AS latest
    CROSS JOIN LATERAL (
        SELECT c.channel_id, c.status
        FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s AND c.id = latest.id
        LIMIT 1
    ) AS taken
    JOIN channels AS ch ON ch.customer_id = %(customer_id)s AND ch.id = taken.channel_id
    WHERE (
        EXISTS (
            SELECT FROM conversation_participants AS p
            WHERE p.customer_id = %(customer_id)s
              AND p.conversation_id = latest.id
              AND p.address_hash = ANY (%(hashes)s::bigint[])
        )
    ) IS TRUE
      AND taken.status = ANY (%(statuses)s::text[])
      AND (%(channel_id)s::uuid IS NULL OR ch.id = %(channel_id)s::uuid)
      AND (%(channel_kind)s::text IS NULL OR ch.kind = %(channel_kind)s::text)
    ORDER BY latest.last_activity_at DESC, latest.id DESC
    LIMIT %(row_count)s::bigint
)
SELECT
    c.id, c.channel_id, ch.kind AS channel_kind, ch.name AS channel_name, ch.own_address,
    c.subject, c.status, c.assignee_id, c.message_count, c.inbound_count, c.last_seq,
    c.last_activity_at, c.last_message_id, c.last_message_direction, c.last_message_preview,
    c.created_at, c.closed_at, c.version
FROM page
JOIN conversations AS c ON c.customer_id = %(customer_id)s AND c.id = page.id
JOIN channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
ORDER BY c.last_activity_at DESC, c.id DESC

-- name: find_conversation
-- One conversation by its id, or by the id of one that became part of it.
WITH RECURSIVE became (id, step) AS (
    SELECT %(conversation_id)s::uuid, 0
    UNION ALL
    SELECT m.into_id, b.step + 1
    FROM became AS b
    JOIN conversation_merges AS m ON m.customer_id = %(customer_id)s AND m.from_id = b.id
    WHERE b.step < 100
)
SELECT
    c.id, c.channel_id, ch.kind AS channel_kind, ch.name AS channel_name, ch.own_address,
    c.subject, c.status, c.assignee_id, c.message_count, c.inbound_count, c.last_seq,
    c.last_activity_at, c.last_message_id, c.last_message_direction, c.last_message_preview,
    c.created_at, c.closed_at, c.version
FROM became AS b
JOIN conversations AS c ON c.customer_id = %(customer_id)s AND c.id = b.id
JOIN channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
ORDER BY b.step DESC
LIMIT 1

-- name: list_participants
-- Who takes part in some conversations, our own addresses left out.
SELECT
    p.conversation_id, a.kind, a.value AS address, p.role, a.contact_id, ct.name AS contact_name
FROM conversation_participants AS p
JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
LEFT JOIN contacts AS ct ON ct.customer_id = a.customer_id AND ct.id = a.contact_id
WHERE p.customer_id = %(customer_id)s
  AND p.conversation_id = ANY (%(conversation_ids)s::uuid[])
  AND p.role = 'other'
ORDER BY p.conversation_id, a.kind, a.value

-- name: list_newest_messages
-- One page of a conversation's messages, the latest first.
SELECT
    m.id, m.conversation_id, m.seq, m.direction, m.kind, m.status,
    a.kind AS from_kind, a.value AS from_address, m.from_name, a.contact_id AS from_contact_id,
    m.subject, b.text AS body, m.body_format, m.provider_message_id,
    m.sent_at, m.received_at, m.created_at
FROM messages AS m
JOIN addresses AS a ON a.customer_id = m.customer_id AND a.hash = m.from_hash
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE m.customer_id = %(customer_id)s
  AND m.conversation_id = %(conversation_id)s::uuid
  AND (m.sent_at, m.id) < (%(edge_at)s::timestamptz, %(edge_id)s::uuid)
ORDER BY m.sent_at DESC, m.id DESC
LIMIT %(row_count)s::bigint

-- name: list_oldest_messages
-- One page of a conversation's messages, the earliest first.
SELECT
    m.id, m.conversation_id, m.seq, m.direction, m.kind, m.status,
    a.kind AS from_kind, a.value AS from_address, m.from_name, a.contact_id AS from_contact_id,
    m.subject, b.text AS body, m.body_format, m.provider_message_id,
    m.sent_at, m.received_at, m.created_at
FROM messages AS m
JOIN addresses AS a ON a.customer_id = m.customer_id AND a.hash = m.from_hash
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE m.customer_id = %(customer_id)s
  AND m.conversation_id = %(conversation_id)s::uuid
  AND (m.sent_at, m.id) > (%(edge_at)s::timestamptz, %(edge_id)s::uuid)
ORDER BY m.sent_at, m.id
LIMIT %(row_count)s::bigint

-- name: list_recipients
-- To whom some messages went.
SELECT r.message_id, r.role, a.kind, a.value AS address, a.contact_id
FROM message_recipients AS r
JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
WHERE r.customer_id = %(customer_id)s AND r.message_id = ANY (%(message_ids)s::uuid[])
ORDER BY r.message_id, r.role, a.kind, a.value

-- name: list_attachments
-- The files of some messages, in the provider's order.
SELECT f.message_id, f.position, f.url, f.content_type, f.filename, f.size_bytes
FROM attachments AS f
WHERE f.customer_id = %(customer_id)s AND f.message_id = ANY (%(message_ids)s::uuid[])
ORDER BY f.message_id, f.position
