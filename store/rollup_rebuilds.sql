-- name: request_rebuild
-- Have a customer's figures made again from the beginning.
INSERT INTO rollup_rebuilds (customer_id, reason)
VALUES (%(customer_id)s::bigint, %(reason)s::text)
ON CONFLICT (customer_id) DO UPDATE SET
    reason = excluded.reason, requested_at = now(), after_id = NULL, from_day = NULL, differing = 0

-- name: request_rebuilds
-- Have the figures of all customers made again from the beginning.
INSERT INTO rollup_rebuilds (customer_id, reason)
SELECT c.id, %(reason)s::text FROM customers AS c
ON CONFLICT (customer_id) DO UPDATE SET
    reason = excluded.reason, requested_at = now(), after_id = NULL, from_day = NULL, differing = 0

-- name: find_rebuild
-- How far the rebuild of a customer is, or the one that was asked for first, unless roll-ups are off.
SELECT b.customer_id, b.after_id, b.from_day::text AS from_day, b.differing
FROM rollup_rebuilds AS b
WHERE b.customer_id = %(customer_id)s::bigint
    OR %(customer_id)s::bigint IS NULL AND NOT EXISTS (
        SELECT FROM outbox_cursors AS c WHERE c.consumer = 'rollups' AND c.off_since IS NOT NULL
    )
ORDER BY b.requested_at, b.customer_id
LIMIT 1

-- name: note_rebuild
-- Note how far a rebuild is.
UPDATE rollup_rebuilds AS b
SET after_id = %(after_id)s::uuid, from_day = %(from_day)s::timestamptz,
    differing = b.differing + %(differing)s::bigint
WHERE b.customer_id = %(customer_id)s::bigint

-- name: end_rebuild
-- A rebuild is done.
DELETE FROM rollup_rebuilds AS b
WHERE b.customer_id = %(customer_id)s::bigint

-- name: count_conversations
-- How many conversations a customer has.
SELECT count(*) FROM conversations AS c WHERE c.customer_id = %(customer_id)s::bigint

-- name: list_rebuilds
-- Whose figures are being made again, why, since when and how far that is.
SELECT
    c.name AS customer, b.reason, b.requested_at,
    CASE WHEN b.from_day IS NULL THEN 'conversations' ELSE 'days' END AS phase, b.differing
FROM rollup_rebuilds AS b
JOIN customers AS c ON c.id = b.customer_id
ORDER BY b.requested_at, b.customer_id

-- name: summarise_refreshes
-- What was brought up to date in the last hour, and since when the oldest change waits.
SELECT
    (SELECT max(r.started_at) FROM rollup_refreshes AS r) AS last_at,
    count(*) AS refreshes,
    coalesce(sum(h.changes), 0)::bigint AS changes,
    coalesce(sum(h.conversations), 0)::bigint AS conversations,
    coalesce(sum(h.rows), 0)::bigint AS rows,
    coalesce(max(h.seconds), 0)::double precision AS longest_seconds,
    coalesce(sum(h.seconds), 0)::double precision AS seconds,
    (
        SELECT extract(epoch FROM now() - o.created_at)::double precision
        FROM outbox_cursors AS c
        JOIN outbox AS o ON (o.xid, o.seq) > (c.xid, c.seq)
        WHERE c.consumer = 'rollups'
        ORDER BY o.xid, o.seq
        LIMIT 1
    ) AS behind_seconds
FROM rollup_refreshes AS h
WHERE h.started_at > now() - interval '1 hour'
