-- name: find_scan
-- Where to go on in a table, from which transaction on rows count, as rows name it, and how many
-- blocks the table has.
SELECT
    s.after_place,
    mod(
        least(s.written_since, pg_snapshot_xmin(pg_current_snapshot()))::text::bigint, 4294967296
    )::text,
    pg_relation_size(to_regclass('public.' || s.name)) / current_setting('block_size')::bigint
FROM derived_scans AS s
WHERE s.name = %(name)s::text

-- name: begin_scan
-- Begin to look through a table: what is written from now on counts.
INSERT INTO derived_scans (name, after_place, written_since, began_at_xid)
VALUES (
    %(name)s::text, '(0,0)', pg_snapshot_xmin(pg_current_snapshot()),
    pg_snapshot_xmin(pg_current_snapshot())
)
ON CONFLICT (name) DO NOTHING

-- name: note_scan
-- Note how far a table was looked through.
UPDATE derived_scans AS s
SET after_place = %(after)s::text, looked_at = now()
WHERE s.name = %(name)s::text

-- name: begin_round
-- Begin a table anew: what was written since the round before began counts.
UPDATE derived_scans AS s
SET after_place = '(0,0)',
    written_since = least(s.began_at_xid, pg_snapshot_xmin(pg_current_snapshot())),
    began_at_xid = pg_snapshot_xmin(pg_current_snapshot()),
    looked_at = now()
WHERE s.name = %(name)s::text

-- name: scan_conversations
-- Conversations between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.id::text
FROM conversations AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_conversation_participants
-- Conversations of participants between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.conversation_id::text
FROM conversation_participants AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_messages
-- Messages between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.id::text
FROM messages AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_message_recipients
-- Messages of recipients between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.message_id::text
FROM message_recipients AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_attachments
-- Messages of attachments between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.message_id::text
FROM attachments AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_message_receipts
-- Receipts between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.event_id::text
FROM message_receipts AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_search_documents
-- Documents between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.message_id::text
FROM search_documents AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_clean_bodies
-- Clean texts between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.hash::text
FROM clean_bodies AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_bodies
-- Texts between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.hash::text
FROM bodies AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_addresses
-- Addresses between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.hash::text
FROM addresses AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_email_message_ids
-- Mails whose Message-IDs between two places of the table were written lately.
SELECT t.ctid::text, t.customer_id, t.message_id::text
FROM email_message_ids AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid) AND t.message_id IS NOT NULL
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_conversation_figures
-- Conversations of figures between two places of the table that were written lately.
SELECT t.ctid::text, t.customer_id, t.conversation_id::text
FROM conversation_figures AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint

-- name: scan_rollups
-- Days of roll-ups between two places of the table that were written lately.
SELECT
    t.ctid::text, t.customer_id,
    to_char(
        date_trunc('day', t.starts_at, calendar_zone(t.customer_id)) AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS"Z"'
    )
FROM rollups AS t
WHERE t.ctid > %(after)s::text::tid AND t.ctid < %(until)s::text::tid
    AND age(t.xmin) <= age(%(since)s::text::xid)
ORDER BY t.ctid
LIMIT %(limit)s::bigint
