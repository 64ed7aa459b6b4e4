-- name: find_event_edge
-- The last of so many events below a given one: as far as a page looks.
SELECT e.id
FROM inbound_events AS e
WHERE e.customer_id = %(customer_id)s::bigint
    AND e.id < %(before_id)s::uuid
    AND e.id >= %(from_id)s::uuid
ORDER BY e.id DESC
OFFSET %(window)s::bigint - 1
LIMIT 1

-- name: find_queue_edge
-- The same of the events that wait.
SELECT q.event_id
FROM inbound_queue AS q
WHERE q.customer_id = %(customer_id)s::bigint
    AND q.event_id < %(before_id)s::uuid
    AND q.event_id >= %(from_id)s::uuid
ORDER BY q.event_id DESC
OFFSET %(window)s::bigint - 1
LIMIT 1

-- name: find_dead_letter_edge
-- The same of the dead letters.
SELECT d.event_id
FROM dead_letters AS d
WHERE d.customer_id = %(customer_id)s::bigint
    AND d.event_id < %(before_id)s::uuid
    AND d.event_id >= %(from_id)s::uuid
ORDER BY d.event_id DESC
OFFSET %(window)s::bigint - 1
LIMIT 1

-- name: find_failure_edge
-- The same of the failed attempts.
SELECT f.event_id
FROM inbound_failures AS f
WHERE f.customer_id = %(customer_id)s::bigint
    AND f.event_id < %(before_id)s::uuid
    AND f.event_id >= %(from_id)s::uuid
ORDER BY f.event_id DESC, f.attempt DESC
OFFSET %(window)s::bigint - 1
LIMIT 1

-- name: match_events
-- Which events of a range match, newest first.
SELECT e.id
FROM inbound_events AS e
WHERE e.customer_id = %(customer_id)s::bigint
    AND e.id < %(before_id)s::uuid
    AND e.id >= %(from_id)s::uuid
    AND (%(channel_ids)s::uuid[] IS NULL OR e.channel_id = ANY (%(channel_ids)s::uuid[]))
    AND (%(kind)s::text IS NULL OR e.kind = %(kind)s::text)
    AND (%(signature)s::text IS NULL OR e.signature = %(signature)s::text)
    AND (
        NOT %(is_settled)s::boolean
        OR (
            NOT EXISTS (
                SELECT 1
                FROM inbound_queue AS q
                WHERE q.customer_id = e.customer_id
                    AND q.event_id = e.id
                    AND q.event_id < %(before_id)s::uuid
                    AND q.event_id >= %(from_id)s::uuid
            )
            AND NOT EXISTS (
                SELECT 1
                FROM dead_letters AS d
                WHERE d.customer_id = e.customer_id
                    AND d.event_id = e.id
                    AND d.event_id < %(before_id)s::uuid
                    AND d.event_id >= %(from_id)s::uuid
                    AND d.resolution IS NULL
            )
        )
    )
ORDER BY e.id DESC
LIMIT %(row_count)s::bigint

-- name: match_queued
-- Which events of a range match that wait and never failed, newest first.
SELECT q.event_id
FROM inbound_queue AS q
JOIN inbound_events AS e
    ON e.customer_id = q.customer_id
    AND e.id = q.event_id
    AND e.id < %(before_id)s::uuid
    AND e.id >= %(from_id)s::uuid
WHERE q.customer_id = %(customer_id)s::bigint
    AND q.event_id < %(before_id)s::uuid
    AND q.event_id >= %(from_id)s::uuid
    AND (%(channel_ids)s::uuid[] IS NULL OR e.channel_id = ANY (%(channel_ids)s::uuid[]))
    AND (%(kind)s::text IS NULL OR e.kind = %(kind)s::text)
    AND (%(signature)s::text IS NULL OR e.signature = %(signature)s::text)
    AND q.attempt_count = 0
ORDER BY q.event_id DESC
LIMIT %(row_count)s::bigint

-- name: match_dead_letters
-- Which dead letters of a range match, newest events first; those that wait again do not.
SELECT d.event_id
FROM dead_letters AS d
JOIN inbound_events AS e
    ON e.customer_id = d.customer_id
    AND e.id = d.event_id
    AND e.id < %(before_id)s::uuid
    AND e.id >= %(from_id)s::uuid
WHERE d.customer_id = %(customer_id)s::bigint
    AND d.event_id < %(before_id)s::uuid
    AND d.event_id >= %(from_id)s::uuid
    AND (%(channel_ids)s::uuid[] IS NULL OR e.channel_id = ANY (%(channel_ids)s::uuid[]))
    AND (%(kind)s::text IS NULL OR e.kind = %(kind)s::text)
    AND (%(signature)s::text IS NULL OR e.signature = %(signature)s::text)
    AND d.resolution IS NULL
    AND (%(error_class)s::text IS NULL OR d.error_class = %(error_class)s::text)
    AND NOT EXISTS (
        SELECT 1
        FROM inbound_queue AS q
        WHERE q.customer_id = d.customer_id
            AND q.event_id = d.event_id
            AND q.event_id < %(before_id)s::uuid
            AND q.event_id >= %(from_id)s::uuid
    )
ORDER BY d.event_id DESC
LIMIT %(row_count)s::bigint

-- name: match_failed
-- Which events of a range match that failed at least once, newest first.
SELECT f.event_id
FROM (
    SELECT DISTINCT f.event_id
    FROM inbound_failures AS f
    WHERE f.customer_id = %(customer_id)s::bigint
        AND f.event_id < %(before_id)s::uuid
        AND f.event_id >= %(from_id)s::uuid
) AS f
JOIN inbound_events AS e
    ON e.customer_id = %(customer_id)s::bigint
    AND e.id = f.event_id
    AND e.id < %(before_id)s::uuid
    AND e.id >= %(from_id)s::uuid
LEFT JOIN inbound_queue AS q
    ON q.customer_id = %(customer_id)s::bigint
    AND q.event_id = f.event_id
    AND q.event_id < %(before_id)s::uuid
    AND q.event_id >= %(from_id)s::uuid
LEFT JOIN dead_letters AS d
    ON d.customer_id = %(customer_id)s::bigint
    AND d.event_id = f.event_id
    AND d.event_id < %(before_id)s::uuid
    AND d.event_id >= %(from_id)s::uuid
WHERE (%(channel_ids)s::uuid[] IS NULL OR e.channel_id = ANY (%(channel_ids)s::uuid[]))
    AND (%(kind)s::text IS NULL OR e.kind = %(kind)s::text)
    AND (%(signature)s::text IS NULL OR e.signature = %(signature)s::text)
    AND (
        %(error_class)s::text IS NULL
        OR coalesce(q.last_error, d.error_class) = %(error_class)s::text
    )
    AND (
        %(status)s::text IS NULL
        OR %(status)s::text = CASE
            WHEN q.attempt_count = 0 THEN 'received'
            WHEN q.attempt_count > 0 THEN 'error'
            WHEN d.event_id IS NOT NULL AND d.resolution IS NULL THEN 'dead_letter'
            ELSE 'processed'
        END
    )
ORDER BY f.event_id DESC
LIMIT %(row_count)s::bigint

-- name: match_given
-- Which of these events match, newest first.
SELECT s.event_id
FROM unnest(%(event_ids)s::uuid[]) AS given (id)
JOIN inbound_event_status AS s
    ON s.customer_id = %(customer_id)s::bigint
    AND s.event_id = given.id
WHERE s.event_id < %(before_id)s::uuid
    AND s.event_id >= %(from_id)s::uuid
    AND (%(channel_ids)s::uuid[] IS NULL OR s.channel_id = ANY (%(channel_ids)s::uuid[]))
    AND (%(kind)s::text IS NULL OR s.kind = %(kind)s::text)
    AND (%(signature)s::text IS NULL OR s.signature = %(signature)s::text)
    AND (%(status)s::text IS NULL OR s.status = %(status)s::text)
    AND (%(error_class)s::text IS NULL OR s.error_class = %(error_class)s::text)
ORDER BY s.event_id DESC
LIMIT %(row_count)s::bigint

-- name: find_by_provider_id
-- The events that bear a provider's id, channel by channel: by their keys, and by their receipts.
SELECT found.id
FROM channels AS c
CROSS JOIN LATERAL (
    SELECT e.id
    FROM inbound_events AS e
    WHERE e.customer_id = c.customer_id
        AND e.channel_id = c.id
        AND e.dedup_key = ANY (%(dedup_keys)s::text[])
    UNION
    SELECT r.event_id
    FROM message_receipts AS r
    WHERE r.customer_id = c.customer_id
        AND r.channel_id = c.id
        AND r.provider_message_id = %(provider_message_id)s::text
        AND r.message_id IS NULL
    UNION
    SELECT r.event_id
    FROM messages AS m
    JOIN message_receipts AS r ON r.customer_id = m.customer_id AND r.message_id = m.id
    WHERE m.customer_id = c.customer_id
        AND m.channel_id = c.id
        AND m.provider_message_id = %(provider_message_id)s::text
        AND m.direction = 'outbound'
) AS found
WHERE c.customer_id = %(customer_id)s::bigint
ORDER BY found.id DESC
LIMIT %(row_count)s::bigint

-- name: find_address
-- The hashes that some addresses have here, and the channels that have no other own address.
SELECT
    ARRAY(
        SELECT a.hash
        FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS t (kind, value)
        JOIN addresses AS a
            ON a.customer_id = %(customer_id)s::bigint AND a.value = t.value AND a.kind = t.kind
    ),
    ARRAY(
        SELECT c.id::text
        FROM channels AS c
        WHERE c.customer_id = %(customer_id)s::bigint
            AND c.own_address = ANY (%(values)s::text[])
            AND NOT EXISTS (
                SELECT FROM channel_addresses AS f
                WHERE f.customer_id = c.customer_id AND f.channel_id = c.id
            )
    )

-- name: find_by_address
-- The events whose message came from or went to an address, newest first.
SELECT m.event_id
FROM (
    SELECT DISTINCT p.conversation_id
    FROM conversation_participants AS p
    WHERE p.customer_id = %(customer_id)s::bigint
        AND p.address_hash = ANY (%(hashes)s::bigint[])
    LIMIT %(most_conversations)s::bigint
) AS p
JOIN messages AS m
    ON m.customer_id = %(customer_id)s::bigint AND m.conversation_id = p.conversation_id
WHERE m.event_id < %(before_id)s::uuid
    AND m.event_id >= %(from_id)s::uuid
    AND (
        m.from_hash = ANY (%(hashes)s::bigint[])
        OR EXISTS (
            SELECT 1
            FROM message_recipients AS r
            WHERE r.customer_id = m.customer_id
                AND r.message_id = m.id
                AND r.address_hash = ANY (%(hashes)s::bigint[])
        )
    )
ORDER BY m.event_id DESC
LIMIT %(row_count)s::bigint

-- name: show_events
-- What is shown of some events, newest first.
SELECT
    s.event_id, s.channel_id, c.name AS channel_name, s.provider, s.kind, s.provider_message_id,
    s.status, s.failed_attempts, s.error_class, s.next_attempt_at, s.signature, s.received_at
FROM unnest(%(event_ids)s::uuid[]) AS given (id)
JOIN inbound_event_status AS s
    ON s.customer_id = %(customer_id)s::bigint
    AND s.event_id = given.id
JOIN channels AS c ON c.customer_id = s.customer_id AND c.id = s.channel_id
ORDER BY s.event_id DESC
