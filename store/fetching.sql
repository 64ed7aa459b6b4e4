-- name: lease_fetches
-- Lease the events that are due to be fetched, oldest first; one that its holder never settles is
-- due again when the lease ends.
UPDATE inbound_queue AS q
SET next_attempt_at = now() + %(lease_seconds)s::double precision * interval '1 second'
FROM (
    SELECT o.customer_id, o.event_id
    FROM inbound_queue AS o
    WHERE o.lane = 3 AND o.next_attempt_at <= now()
    ORDER BY o.next_attempt_at
    LIMIT %(most)s::integer
    FOR UPDATE SKIP LOCKED
) AS d
JOIN inbound_events AS e ON e.customer_id = d.customer_id AND e.id = d.event_id
LEFT JOIN fetched_contents AS f ON f.customer_id = d.customer_id AND f.event_id = d.event_id
WHERE q.customer_id = d.customer_id AND q.event_id = d.event_id
RETURNING
    q.next_attempt_at, f.event_id IS NOT NULL, e.customer_id, e.id, e.channel_id, e.provider,
    e.kind, e.dedup_key, e.body, e.content_type, e.headers::text, e.received_at,
    q.attempt_count + 1, q.traceparent

-- name: hold_fetch
-- Lock an event whose lease is still ours: its end is its fence.
SELECT true
FROM inbound_queue AS q
WHERE q.customer_id = %(customer_id)s AND q.event_id = %(event_id)s
    AND q.lane = 3 AND q.next_attempt_at = %(leased_until)s
FOR UPDATE

-- name: keep_fetched
-- Keep what was fetched, once.
INSERT INTO fetched_contents (customer_id, event_id, content_type, body)
VALUES (%(customer_id)s, %(event_id)s, %(content_type)s, %(body)b::bytea)
ON CONFLICT (customer_id, event_id) DO NOTHING

-- name: queue_fetched
-- Let an event be read now that all of it is there; its attempts at that are counted anew.
UPDATE inbound_queue AS q
SET lane = 0, next_attempt_at = now(), attempt_count = 0, last_error = NULL
WHERE q.customer_id = %(customer_id)s AND q.event_id = %(event_id)s

-- name: read_fetched
-- What was fetched for some events, in their order, up to a total size; the first always comes.
WITH sized AS (
    SELECT
        f.customer_id, f.event_id, f.content_type, f.body, t.position,
        sum(octet_length(f.body)) OVER (ORDER BY t.position) AS bytes_so_far,
        row_number() OVER (ORDER BY t.position) AS nth
    FROM unnest(%(customer_ids)b::bigint[], %(event_ids)b::uuid[])
        WITH ORDINALITY AS t (customer_id, event_id, position)
    JOIN fetched_contents AS f ON f.customer_id = t.customer_id AND f.event_id = t.event_id
)
SELECT
    s.event_id::text,
    CASE WHEN s.bytes_so_far <= %(most_bytes)s OR s.nth = 1 THEN s.content_type END,
    CASE WHEN s.bytes_so_far <= %(most_bytes)s OR s.nth = 1 THEN s.body END
FROM sized AS s
