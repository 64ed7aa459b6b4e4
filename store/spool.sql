-- name: set_journal
-- Write ahead, so that reading and writing do not wait for each other.
PRAGMA journal_mode = WAL

-- name: set_durable
-- A commit is on the disk before it returns.
PRAGMA synchronous = FULL

-- name: keep_few_pages
-- What is written is read once, and seldom: pages in memory would serve nobody.
PRAGMA cache_size = -64

-- name: create_spooled
-- Events that the database does not have yet, oldest first by position.
CREATE TABLE IF NOT EXISTS spooled (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    provider_message_id TEXT,
    dedup_key TEXT NOT NULL,
    signature TEXT NOT NULL,
    headers TEXT NOT NULL,
    content_type TEXT NOT NULL,
    body BLOB NOT NULL,
    received_at TEXT NOT NULL,
    traceparent TEXT
)

-- name: create_refused
-- Events that the database does not take, with the class of what it said.
CREATE TABLE IF NOT EXISTS refused (
    position INTEGER PRIMARY KEY,
    error_class TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    provider_message_id TEXT,
    dedup_key TEXT NOT NULL,
    signature TEXT NOT NULL,
    headers TEXT NOT NULL,
    content_type TEXT NOT NULL,
    body BLOB NOT NULL,
    received_at TEXT NOT NULL,
    traceparent TEXT
)

-- name: append
-- Put an event behind all others.
INSERT INTO spooled (
    customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key, signature,
    headers, content_type, body, received_at, traceparent
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: oldest
-- Read from the front; whoever reads stops where it has enough.
SELECT
    position, customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key,
    signature, headers, content_type, body, received_at, traceparent
FROM spooled
ORDER BY position
LIMIT :most

-- name: remove
-- Forget an event that the database has.
DELETE FROM spooled
WHERE position = ?

-- name: set_aside
-- Copy an event to those that the database does not take.
INSERT OR REPLACE INTO refused (
    position, error_class, customer_id, id, channel_id, provider, kind, provider_message_id,
    dedup_key, signature, headers, content_type, body, received_at, traceparent
)
SELECT
    s.position, :error_class, s.customer_id, s.id, s.channel_id, s.provider, s.kind,
    s.provider_message_id, s.dedup_key, s.signature, s.headers, s.content_type, s.body,
    s.received_at, s.traceparent
FROM spooled AS s
WHERE s.position = :position

-- name: take_back
-- Put what was set aside behind all others.
INSERT INTO spooled (
    customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key, signature,
    headers, content_type, body, received_at, traceparent
)
SELECT
    r.customer_id, r.id, r.channel_id, r.provider, r.kind, r.provider_message_id, r.dedup_key,
    r.signature, r.headers, r.content_type, r.body, r.received_at, r.traceparent
FROM refused AS r
ORDER BY r.position

-- name: forget_refused
-- Set nothing aside any more.
DELETE FROM refused

-- name: measure_spooled
-- How many events wait and how long they are together.
SELECT count(*), coalesce(sum(length(body) + length(headers)), 0)
FROM spooled

-- name: measure_refused
-- How many events were set aside and how long they are together.
SELECT count(*), coalesce(sum(length(body) + length(headers)), 0)
FROM refused

-- name: oldest_arrival
-- When the event in front arrived.
SELECT received_at
FROM spooled
ORDER BY position
LIMIT 1

-- name: shrink
-- Give the room of what was drained back to the disk.
VACUUM

-- name: checkpoint
-- Fold the journal into the file.
PRAGMA wal_checkpoint(TRUNCATE)
