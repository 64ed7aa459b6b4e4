-- name: begin_claim
-- Settle what this transaction needs: no wait for the flush, an end to a claim that hangs, and
-- index look-ups whatever the statistics say. A plan made while a table is empty lives on in the
-- session while the table grows, and every statement here has the one index it should use.
SELECT
    set_config('enable_seqscan', 'off', true),
    set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true),
    set_config('synchronous_commit', 'off', true),
    set_config('statement_timeout', %(timeout)s, true),
    set_config('idle_in_transaction_session_timeout', %(timeout)s, true)

-- name: claim
-- Lock the events of a lane that are due, oldest first, and read them up to a total size.
WITH claimed AS MATERIALIZED (
    SELECT q.customer_id, q.event_id, q.attempt_count, q.next_attempt_at, q.traceparent
    FROM inbound_queue AS q
    WHERE q.lane = %(lane)s::smallint AND q.next_attempt_at <= now()
    ORDER BY q.next_attempt_at
    LIMIT %(most_events)s
    FOR UPDATE SKIP LOCKED
),
sized AS (
    SELECT
        c.customer_id,
        c.event_id,
        c.attempt_count,
        c.traceparent,
        sum(octet_length(e.body)) OVER (ORDER BY c.next_attempt_at, c.event_id) AS bytes_so_far,
        row_number() OVER (ORDER BY c.next_attempt_at, c.event_id) AS position
    FROM claimed AS c
    JOIN inbound_events AS e ON e.customer_id = c.customer_id AND e.id = c.event_id
)
SELECT
    s.customer_id,
    e.id,
    e.channel_id,
    e.provider,
    e.kind,
    e.dedup_key,
    CASE WHEN octet_length(e.body) <= %(large)s THEN e.body ELSE ''::bytea END AS body,
    e.content_type,
    e.headers::text AS headers_json,
    e.received_at,
    s.attempt_count + 1 AS attempt,
    m.id IS NOT NULL OR k.message_id IS NOT NULL AS is_settled,
    s.traceparent
FROM sized AS s
JOIN inbound_events AS e ON e.customer_id = s.customer_id AND e.id = s.event_id
LEFT JOIN messages AS m ON m.customer_id = s.customer_id AND m.id = s.event_id
LEFT JOIN message_copies AS k ON k.customer_id = s.customer_id AND k.event_id = s.event_id
WHERE s.bytes_so_far <= %(most_bytes)s OR s.position = 1
ORDER BY s.position

-- name: read_body
-- A part of the body of an event, and how long all of it is.
SELECT substring(e.body FROM %(begin)s::integer + 1 FOR %(length)s::integer), octet_length(e.body)
FROM inbound_events AS e
WHERE e.customer_id = %(customer_id)s AND e.id = %(event_id)s

-- name: hold
-- Lock one event of the queue, unless somebody else has it or it is settled.
SELECT true
FROM inbound_queue AS q
WHERE q.customer_id = %(customer_id)s AND q.event_id = %(event_id)s
FOR UPDATE SKIP LOCKED

-- name: settle
-- Done means gone.
DELETE FROM inbound_queue AS q
USING unnest(%(customer_ids)b::bigint[], %(event_ids)b::uuid[]) AS t (customer_id, event_id)
WHERE q.customer_id = t.customer_id AND q.event_id = t.event_id

-- name: record_failures
-- Keep every failed attempt; its number goes on counting after a retry by hand.
INSERT INTO inbound_failures (customer_id, event_id, attempt, error_class, detail)
SELECT
    t.customer_id,
    t.event_id,
    1 + coalesce((
        SELECT max(f.attempt)
        FROM inbound_failures AS f
        WHERE f.customer_id = t.customer_id AND f.event_id = t.event_id
    ), 0),
    t.error_class,
    t.detail
FROM unnest(
    %(customer_ids)b::bigint[], %(event_ids)b::uuid[],
    %(error_classes)b::text[], %(details)b::text[]
) AS t (customer_id, event_id, error_class, detail)

-- name: put_off
-- Let failed events wait for their next attempt, no longer in the way of those that did not fail.
UPDATE inbound_queue AS q
SET
    attempt_count = q.attempt_count + 1,
    next_attempt_at = now() + make_interval(secs => t.wait_seconds),
    last_error = t.error_class,
    lane = greatest(q.lane, 1)
FROM unnest(
    %(customer_ids)b::bigint[], %(event_ids)b::uuid[], %(error_classes)b::text[],
    %(wait_seconds)b::double precision[]
) AS t (customer_id, event_id, error_class, wait_seconds)
WHERE q.customer_id = t.customer_id AND q.event_id = t.event_id

-- name: dead_letter
-- Give events up: out of the queue, into the dead letters.
WITH given_up AS (
    SELECT t.customer_id, t.event_id, t.error_class, t.detail, t.attempt
    FROM unnest(
        %(customer_ids)b::bigint[], %(event_ids)b::uuid[],
        %(error_classes)b::text[], %(details)b::text[], %(attempts)b::integer[]
    ) AS t (customer_id, event_id, error_class, detail, attempt)
),
dequeued AS (
    DELETE FROM inbound_queue AS q
    USING given_up AS g
    WHERE q.customer_id = g.customer_id AND q.event_id = g.event_id
)
INSERT INTO dead_letters (customer_id, event_id, error_class, detail, attempts)
SELECT g.customer_id, g.event_id, g.error_class, g.detail, g.attempt
FROM given_up AS g
ON CONFLICT (customer_id, event_id) DO UPDATE SET
    error_class = excluded.error_class,
    detail = excluded.detail,
    attempts = excluded.attempts,
    failed_at = now(),
    resolution = NULL,
    resolved_at = NULL

-- name: isolate
-- Move events to the lane of those that are read alone; no attempt is counted.
UPDATE inbound_queue AS q
SET lane = 2
FROM unnest(%(customer_ids)b::bigint[], %(event_ids)b::uuid[]) AS t (customer_id, event_id)
WHERE q.customer_id = t.customer_id AND q.event_id = t.event_id

-- name: await_fetch
-- Move events to the lane of those whose provider keeps a part; no attempt is counted.
UPDATE inbound_queue AS q
SET lane = 3, next_attempt_at = now()
FROM unnest(%(customer_ids)b::bigint[], %(event_ids)b::uuid[]) AS t (customer_id, event_id)
WHERE q.customer_id = t.customer_id AND q.event_id = t.event_id

-- name: queue_depth
-- How much waits, and for how long the oldest due event has.
SELECT
    count(*),
    coalesce(extract(epoch FROM now() - min(q.next_attempt_at)), 0)::double precision
FROM inbound_queue AS q
