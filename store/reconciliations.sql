-- name: add_reconciliation
-- Make the row of a channel, unless there is one.
INSERT INTO reconciliations (customer_id, channel_id)
VALUES (%(customer_id)s, %(channel_id)s)
ON CONFLICT DO NOTHING

-- name: set_reconciliation_interval
-- Say how often workers ask the provider of a channel.
UPDATE reconciliations AS r
SET every_minutes = %(every_minutes)s::integer
WHERE r.customer_id = %(customer_id)s AND r.channel_id = %(channel_id)s

-- name: hold_reconciliation
-- Be the one who asks the provider of a channel, unless somebody else is.
UPDATE reconciliations AS r
SET
    held_until = now() + make_interval(secs => %(hold_seconds)s::double precision),
    began_at = now(),
    fence = r.fence + 1
WHERE r.customer_id = %(customer_id)s AND r.channel_id = %(channel_id)s
    AND (r.held_until IS NULL OR r.held_until < now())
RETURNING r.customer_id, r.channel_id, r.fence, r.began_at

-- name: hold_due_reconciliation
-- Be the one who asks for the channel that waits the longest of those that are due.
UPDATE reconciliations AS r
SET
    held_until = now() + make_interval(secs => %(hold_seconds)s::double precision),
    began_at = now(),
    fence = r.fence + 1
FROM (
    SELECT o.customer_id, o.channel_id
    FROM reconciliations AS o
    JOIN channels AS c ON c.customer_id = o.customer_id AND c.id = o.channel_id
    WHERE o.every_minutes IS NOT NULL
        AND c.disabled_at IS NULL
        AND (o.held_until IS NULL OR o.held_until < now())
        AND (o.began_at IS NULL OR o.began_at <= now() - make_interval(mins => o.every_minutes))
    ORDER BY o.began_at NULLS FIRST
    LIMIT 1
    FOR UPDATE OF o SKIP LOCKED
) AS d
WHERE r.customer_id = d.customer_id AND r.channel_id = d.channel_id
RETURNING r.customer_id, r.channel_id, r.fence, r.began_at

-- name: keep_reconciliation
-- Go on asking, if nobody else has begun meanwhile.
UPDATE reconciliations AS r
SET held_until = now() + make_interval(secs => %(hold_seconds)s::double precision)
WHERE r.customer_id = %(customer_id)s AND r.channel_id = %(channel_id)s AND r.fence = %(fence)s
RETURNING r.fence

-- name: end_reconciliation
-- Note what came of asking, if nobody else has begun meanwhile.
UPDATE reconciliations AS r
SET
    held_until = NULL,
    ended_at = now(),
    covered_until = greatest(r.covered_until, %(covered_until)s::timestamptz),
    listed_count = %(listed_count)s::bigint,
    new_count = %(new_count)s::bigint,
    error_class = %(error_class)s::text,
    detail = %(detail)s::text
WHERE r.customer_id = %(customer_id)s AND r.channel_id = %(channel_id)s AND r.fence = %(fence)s

-- name: find_coverage
-- Up to when what came to a channel is here, and for how many days its customer keeps events.
SELECT
    (
        SELECT r.covered_until FROM reconciliations AS r
        WHERE r.customer_id = k.id AND r.channel_id = %(channel_id)s
    ),
    k.event_days
FROM customers AS k
WHERE k.id = %(customer_id)s

-- name: find_reconciliation
-- How a channel's provider is asked, and what the last time brought.
SELECT
    r.channel_id, r.every_minutes, r.began_at, r.ended_at, r.covered_until, r.listed_count,
    r.new_count, r.error_class, r.detail
FROM reconciliations AS r
WHERE r.customer_id = %(customer_id)s AND r.channel_id = %(channel_id)s

-- name: list_failed_reconciliations
-- The channels that workers ask for and whose last time failed.
SELECT c.name, r.detail
FROM reconciliations AS r
JOIN channels AS c ON c.customer_id = r.customer_id AND c.id = r.channel_id
WHERE r.error_class IS NOT NULL AND r.every_minutes IS NOT NULL AND c.disabled_at IS NULL
ORDER BY c.name

-- name: list_recorded_keys
-- Which of these events a channel has already.
SELECT e.dedup_key
FROM unnest(%(dedup_keys)b::text[]) AS t (dedup_key)
JOIN inbound_events AS e
    ON e.customer_id = %(customer_id)b::bigint AND e.channel_id = %(channel_id)b::uuid
    AND e.dedup_key = t.dedup_key

-- name: find_receiving_channel
-- The channel of the same customer and provider that a number belongs to.
SELECT c.id
FROM own_addresses AS a
JOIN channels AS c ON c.customer_id = a.customer_id AND c.id = a.channel_id
WHERE a.customer_id = %(customer_id)s AND a.value = %(own_address)s
    AND c.provider = %(provider)s
ORDER BY c.id
LIMIT 1
