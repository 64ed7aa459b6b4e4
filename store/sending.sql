-- name: wait_for_the_disk
-- What is recorded in this transaction survives a crash that follows its commit.
SELECT set_config('synchronous_commit', 'on', true)

-- name: hold_ready_channels
-- Lock the pace of the channels that may send now and have something due; one look per channel.
WITH RECURSIVE queued (customer_id, channel_id) AS (
    (
        SELECT q.customer_id, q.channel_id
        FROM outbound_queue AS q
        WHERE q.leased_by IS NULL
        ORDER BY q.customer_id, q.channel_id
        LIMIT 1
    )
    UNION ALL
    SELECT n.customer_id, n.channel_id
    FROM queued AS a
    CROSS JOIN LATERAL (
        SELECT q.customer_id, q.channel_id
        FROM outbound_queue AS q
        WHERE q.leased_by IS NULL
            AND (q.customer_id, q.channel_id) > (a.customer_id, a.channel_id)
        ORDER BY q.customer_id, q.channel_id
        LIMIT 1
    ) AS n
)
SELECT p.customer_id, p.channel_id, c.sends_per_second
FROM queued AS a
JOIN channel_pace AS p ON p.customer_id = a.customer_id AND p.channel_id = a.channel_id
JOIN channels AS c ON c.customer_id = a.customer_id AND c.id = a.channel_id
WHERE p.free_at <= now()
    AND c.disabled_at IS NULL
    AND EXISTS (
        SELECT FROM outbound_queue AS q
        WHERE q.customer_id = a.customer_id AND q.channel_id = a.channel_id
            AND q.leased_by IS NULL AND q.send_at <= now()
    )
ORDER BY p.free_at
LIMIT %(most_channels)s
FOR UPDATE OF p SKIP LOCKED

-- name: lease
-- Take what each channel may send now, the oldest first, and of a conversation only the first.
WITH due AS (
    SELECT d.customer_id, d.message_id
    FROM unnest(
        %(customer_ids)s::bigint[], %(channel_ids)s::uuid[], %(most_messages)s::integer[]
    ) AS t (customer_id, channel_id, most_messages)
    CROSS JOIN LATERAL (
        SELECT q.customer_id, q.message_id
        FROM outbound_queue AS q
        WHERE q.customer_id = t.customer_id AND q.channel_id = t.channel_id
            AND q.leased_by IS NULL AND q.send_at <= now()
            AND NOT EXISTS (
                SELECT FROM outbound_queue AS e
                WHERE e.customer_id = q.customer_id AND e.conversation_id = q.conversation_id
                    AND e.seq < q.seq
            )
        ORDER BY q.send_at, q.message_id
        LIMIT t.most_messages
        FOR UPDATE SKIP LOCKED
    ) AS d
)
UPDATE outbound_queue AS q
SET
    leased_by = %(worker_id)s,
    leased_until = now() + make_interval(secs => %(lease_seconds)s),
    fence = q.fence + 1
FROM due AS d
WHERE q.customer_id = d.customer_id AND q.message_id = d.message_id
RETURNING q.customer_id, q.message_id, q.channel_id, q.attempt_count, q.fence

-- name: advance_pace
-- Let each channel rest for as long as what was leased takes at its pace.
UPDATE channel_pace AS p
SET free_at = greatest(p.free_at, now()) + make_interval(secs => t.seconds)
FROM unnest(
    %(customer_ids)s::bigint[], %(channel_ids)s::uuid[], %(seconds)s::double precision[]
) AS t (customer_id, channel_id, seconds)
WHERE p.customer_id = t.customer_id AND p.channel_id = t.channel_id

-- name: pause_channel
-- Send nothing on this channel for a while: its provider asked for it.
UPDATE channel_pace AS p
SET free_at = greatest(p.free_at, now() + make_interval(secs => %(seconds)s))
WHERE p.customer_id = %(customer_id)s AND p.channel_id = %(channel_id)s

-- name: find_next_due
-- In how many seconds some channel has something to send and may.
WITH RECURSIVE queued (customer_id, channel_id, send_at) AS (
    (
        SELECT q.customer_id, q.channel_id, q.send_at
        FROM outbound_queue AS q
        WHERE q.leased_by IS NULL
        ORDER BY q.customer_id, q.channel_id, q.send_at
        LIMIT 1
    )
    UNION ALL
    SELECT n.customer_id, n.channel_id, n.send_at
    FROM queued AS a
    CROSS JOIN LATERAL (
        SELECT q.customer_id, q.channel_id, q.send_at
        FROM outbound_queue AS q
        WHERE q.leased_by IS NULL
            AND (q.customer_id, q.channel_id) > (a.customer_id, a.channel_id)
        ORDER BY q.customer_id, q.channel_id, q.send_at
        LIMIT 1
    ) AS n
)
SELECT extract(epoch FROM min(greatest(p.free_at, a.send_at)) - now())::double precision
FROM queued AS a
JOIN channel_pace AS p ON p.customer_id = a.customer_id AND p.channel_id = a.channel_id

-- name: begin_attempt
-- Note that a try begins, if the lease is still ours; to be committed before anything is written.
WITH mine AS (
    UPDATE outbound_queue AS q
    SET
        attempt_count = q.attempt_count + 1,
        leased_until = now() + make_interval(secs => %(lease_seconds)s)
    WHERE q.customer_id = %(customer_id)s AND q.message_id = %(message_id)s
        AND q.fence = %(fence)s AND q.leased_by IS NOT NULL
    RETURNING q.customer_id, q.message_id, q.fence
)
INSERT INTO outbound_attempts (customer_id, message_id, attempt, fence)
SELECT
    m.customer_id,
    m.message_id,
    1 + coalesce(
        (
            SELECT max(a.attempt) FROM outbound_attempts AS a
            WHERE a.customer_id = m.customer_id AND a.message_id = m.message_id
        ),
        0
    ),
    m.fence
FROM mine AS m
RETURNING attempt

-- name: end_attempt
-- Note what came of a try.
UPDATE outbound_attempts AS a
SET
    ended_at = now(),
    outcome = %(outcome)s,
    http_status = %(http_status)s,
    error_code = %(error_code)s,
    detail = %(detail)s
WHERE a.customer_id = %(customer_id)s AND a.message_id = %(message_id)s
    AND a.fence = %(fence)s AND a.ended_at IS NULL

-- name: leave_queue
-- A message that is sent, or will never be, leaves; only for whoever holds the latest lease.
DELETE FROM outbound_queue AS q
WHERE q.customer_id = %(customer_id)s AND q.message_id = %(message_id)s
    AND q.fence = %(fence)s AND q.leased_by IS NOT NULL
    AND (NOT %(is_reaping)s::boolean OR q.leased_until < now())
RETURNING q.channel_id

-- name: put_off
-- Give a lease back; the message is due again after a wait.
UPDATE outbound_queue AS q
SET
    leased_by = NULL,
    leased_until = NULL,
    send_at = greatest(q.send_at, now() + make_interval(secs => %(wait_seconds)s))
WHERE q.customer_id = %(customer_id)s AND q.message_id = %(message_id)s
    AND q.fence = %(fence)s AND q.leased_by IS NOT NULL
    AND (NOT %(is_reaping)s::boolean OR q.leased_until < now())
RETURNING q.channel_id

-- name: queue_look_up
-- Have the provider asked, after a while, for a message whose last attempt it did not answer.
INSERT INTO outbound_look_ups (customer_id, message_id, channel_id, attempted_at, next_look_at)
SELECT
    a.customer_id, a.message_id, %(channel_id)s::uuid, a.started_at,
    now() + make_interval(secs => %(wait_seconds)s::double precision)
FROM outbound_attempts AS a
WHERE a.customer_id = %(customer_id)s AND a.message_id = %(message_id)s
ORDER BY a.attempt DESC
LIMIT 1
ON CONFLICT DO NOTHING

-- name: set_provider_message_id
-- Note by what name the provider knows a message.
UPDATE messages AS m
SET provider_message_id = %(provider_message_id)s
WHERE m.customer_id = %(customer_id)s AND m.id = %(message_id)s

-- name: bear_left_as
-- A mail also bears the Message-ID that its provider gave it; whoever bears that already keeps it.
UPDATE email_message_ids AS i
SET
    message_id = %(message_id)s,
    content_hash = (
        SELECT o.content_hash FROM email_message_ids AS o
        WHERE o.customer_id = %(customer_id)s AND o.message_id = %(message_id)s
        LIMIT 1
    )
WHERE i.customer_id = %(customer_id)s AND i.channel_id = %(channel_id)s AND i.hash = %(hash)s
    AND i.message_id IS NULL

-- name: hold_conversation_of
-- Lock the conversation of a message before anything of it changes.
SELECT c.id
FROM messages AS m
JOIN conversations AS c ON c.customer_id = m.customer_id AND c.id = m.conversation_id
WHERE m.customer_id = %(customer_id)s AND m.id = %(message_id)s
FOR UPDATE OF c

-- name: keep_leases
-- A worker that lives keeps the leases of what it is sending.
UPDATE outbound_queue AS q
SET leased_until = now() + make_interval(secs => %(lease_seconds)s)
FROM unnest(
    %(customer_ids)s::bigint[], %(message_ids)s::uuid[], %(fences)s::bigint[]
) AS t (customer_id, message_id, fence)
WHERE q.customer_id = t.customer_id AND q.message_id = t.message_id AND q.fence = t.fence
    AND q.leased_by IS NOT NULL

-- name: list_expired
-- Leases whose worker is gone, and whether it had begun to send.
SELECT
    q.customer_id, q.message_id, q.channel_id, q.attempt_count, q.fence,
    b.has_begun
FROM outbound_queue AS q
CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS has_begun
    FROM outbound_attempts AS a
    WHERE a.customer_id = q.customer_id AND a.message_id = q.message_id
        AND a.fence = q.fence AND a.ended_at IS NULL
) AS b
WHERE q.leased_by IS NOT NULL AND q.leased_until < now()
ORDER BY q.leased_until
LIMIT 100

-- name: read_outbound
-- What is to be sent, and to whom.
SELECT
    m.kind, f.value, b.text, m.subject, m.sent_at, m.conversation_id, m.seq,
    ARRAY(
        SELECT a.value
        FROM message_recipients AS r
        JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
        WHERE r.customer_id = m.customer_id AND r.message_id = m.id AND r.role = 'to'
        ORDER BY a.value
    ),
    ARRAY(
        SELECT a.value
        FROM message_recipients AS r
        JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
        WHERE r.customer_id = m.customer_id AND r.message_id = m.id AND r.role = 'cc'
        ORDER BY a.value
    ),
    EXISTS (
        SELECT FROM attachments AS f
        WHERE f.customer_id = m.customer_id AND f.message_id = m.id
    )
FROM messages AS m
JOIN addresses AS f ON f.customer_id = m.customer_id AND f.hash = m.from_hash
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
WHERE m.customer_id = %(customer_id)s AND m.id = %(message_id)s

-- name: list_earlier_message_ids
-- The Message-IDs of the mails before this one in its conversation, the latest first: the newest,
-- and that of the first mail. What a mail of ours left as is what others know it by, before our own.
WITH earlier AS NOT MATERIALIZED (
    SELECT m.seq, i.value, m.direction, starts_with(i.value, m.id::text) AS is_own
    FROM messages AS m
    JOIN email_message_ids AS i ON i.customer_id = m.customer_id AND i.message_id = m.id
    WHERE m.customer_id = %(customer_id)s AND m.conversation_id = %(conversation_id)s
        AND m.seq < %(seq)s AND m.status NOT IN ('failed', 'canceled')
)
SELECT t.value, t.direction
FROM (
    (SELECT e.* FROM earlier AS e ORDER BY e.seq DESC, e.is_own LIMIT %(most)s)
    UNION
    (SELECT e.* FROM earlier AS e ORDER BY e.seq, e.is_own LIMIT 1)
) AS t
ORDER BY t.seq DESC, t.is_own
