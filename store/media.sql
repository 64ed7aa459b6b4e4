-- name: queue_media
-- Queue what some messages have at their provider; what is there for the same URL stays as it is.
INSERT INTO media_fetches AS f (customer_id, message_id, position, channel_id, url)
SELECT a.customer_id, a.message_id, a.position, m.channel_id, a.url
FROM unnest(%(customer_ids)b::bigint[], %(message_ids)b::uuid[]) AS t (customer_id, message_id)
JOIN messages AS m ON m.customer_id = t.customer_id AND m.id = t.message_id
JOIN attachments AS a ON a.customer_id = t.customer_id AND a.message_id = t.message_id
WHERE a.url IS NOT NULL
ORDER BY a.customer_id, a.message_id, a.position
ON CONFLICT (customer_id, message_id, position) DO UPDATE
SET
    channel_id = excluded.channel_id, url = excluded.url, status = 'pending', attempt_count = 0,
    queued_at = excluded.queued_at, next_attempt_at = excluded.queued_at, settled_at = NULL,
    error_class = NULL, error = NULL, file_hash = NULL
WHERE f.url <> excluded.url

-- name: lease_media
-- Lease what is due to be fetched, oldest first; what its holder never settles is due again when
-- the lease ends. What no message has any more is leased as well, to be dropped.
UPDATE media_fetches AS f
SET
    next_attempt_at = now() + %(lease_seconds)s::double precision * interval '1 second',
    attempt_count = f.attempt_count + 1
FROM (
    SELECT o.customer_id, o.message_id, o.position
    FROM media_fetches AS o
    WHERE o.status = 'pending' AND o.next_attempt_at <= now()
    ORDER BY o.next_attempt_at
    LIMIT %(most)s::integer
    FOR UPDATE SKIP LOCKED
) AS d
LEFT JOIN attachments AS a
    ON a.customer_id = d.customer_id AND a.message_id = d.message_id AND a.position = d.position
WHERE f.customer_id = d.customer_id AND f.message_id = d.message_id AND f.position = d.position
RETURNING
    f.customer_id, f.message_id::text, f.position, f.channel_id::text, f.url,
    f.attempt_count AS attempt, f.queued_at, f.next_attempt_at AS leased_until,
    a.url IS NOT DISTINCT FROM f.url AS is_wanted

-- name: drop_media
-- Forget to fetch what no message has any more, if the lease is still ours.
DELETE FROM media_fetches AS f
WHERE f.customer_id = %(customer_id)s::bigint AND f.message_id = %(message_id)s::uuid
    AND f.position = %(position)s::integer AND f.next_attempt_at = %(leased_until)s::timestamptz

-- name: hold_conversation
-- Lock the conversation of a message before anything of it changes.
SELECT c.id::text, m.seq
FROM messages AS m
JOIN conversations AS c ON c.customer_id = m.customer_id AND c.id = m.conversation_id
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = %(message_id)s::uuid
FOR UPDATE OF c

-- name: touch_conversation
-- Say that something of a conversation is new.
UPDATE conversations AS c
SET version = c.version + 1
WHERE c.customer_id = %(customer_id)s::bigint AND c.id = %(conversation_id)s::uuid
RETURNING c.version

-- name: hold_media
-- Lock what is fetched if the lease is still ours: its end is its fence.
SELECT true
FROM media_fetches AS f
WHERE f.customer_id = %(customer_id)s::bigint AND f.message_id = %(message_id)s::uuid
    AND f.position = %(position)s::integer AND f.status = 'pending'
    AND f.next_attempt_at = %(leased_until)s::timestamptz
FOR UPDATE

-- name: settle_stored
-- Note that it is a file of ours now.
UPDATE media_fetches AS f
SET
    status = 'stored', file_hash = %(file_hash)s::bytea, settled_at = clock_timestamp(),
    next_attempt_at = NULL, error_class = NULL, error = NULL
WHERE f.customer_id = %(customer_id)s::bigint AND f.message_id = %(message_id)s::uuid
    AND f.position = %(position)s::integer

-- name: put_off
-- Note a failed attempt; there is another one after a wait.
UPDATE media_fetches AS f
SET
    next_attempt_at = now() + %(wait_seconds)s::double precision * interval '1 second',
    error_class = %(error_class)s::text, error = %(error)s::text
WHERE f.customer_id = %(customer_id)s::bigint AND f.message_id = %(message_id)s::uuid
    AND f.position = %(position)s::integer

-- name: settle_failed
-- Give it up until somebody tries again.
UPDATE media_fetches AS f
SET
    status = 'failed', settled_at = clock_timestamp(), next_attempt_at = NULL,
    error_class = %(error_class)s::text, error = %(error)s::text
WHERE f.customer_id = %(customer_id)s::bigint AND f.message_id = %(message_id)s::uuid
    AND f.position = %(position)s::integer

-- name: queue_again
-- Fetch once more what failed, or what nobody has queued: an older version wrote it.
INSERT INTO media_fetches AS f (customer_id, message_id, position, channel_id, url)
SELECT a.customer_id, a.message_id, a.position, m.channel_id, a.url
FROM attachments AS a
JOIN messages AS m ON m.customer_id = a.customer_id AND m.id = a.message_id
WHERE a.customer_id = %(customer_id)s::bigint AND a.message_id = %(message_id)s::uuid
    AND a.position = %(position)s::integer AND a.url IS NOT NULL
ON CONFLICT (customer_id, message_id, position) DO UPDATE
SET
    channel_id = excluded.channel_id, url = excluded.url, status = 'pending', attempt_count = 0,
    queued_at = excluded.queued_at, next_attempt_at = excluded.queued_at, settled_at = NULL,
    error_class = NULL, error = NULL, file_hash = NULL
WHERE f.status = 'failed' OR f.url <> excluded.url
RETURNING true

-- name: count_media
-- How much waits to be fetched, counted up to a bound, since when the first of it, and how much was
-- given up within a day.
SELECT
    (
        SELECT count(*)
        FROM (
            SELECT FROM media_fetches AS f WHERE f.status = 'pending' LIMIT %(most)s::bigint
        ) AS counted
    ) AS waiting,
    (
        SELECT min(oldest.queued_at)
        FROM (
            SELECT f.queued_at
            FROM media_fetches AS f
            WHERE f.status = 'pending'
            LIMIT %(most)s::bigint
        ) AS oldest
    ) AS waiting_since,
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM media_fetches AS f
            WHERE f.status = 'failed' AND f.settled_at > now() - interval '1 day'
            LIMIT %(most)s::bigint
        ) AS counted
    ) AS failed
