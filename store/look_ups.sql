-- name: lease_look_up
-- Be the one who asks for the message that is due the longest; whoever never says what came of it
-- leaves it due again when the lease ends.
UPDATE outbound_look_ups AS l
SET next_look_at = now() + make_interval(secs => %(lease_seconds)s::double precision)
FROM (
    SELECT o.customer_id, o.message_id
    FROM outbound_look_ups AS o
    WHERE o.next_look_at <= now()
    ORDER BY o.next_look_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS d
WHERE l.customer_id = d.customer_id AND l.message_id = d.message_id
RETURNING
    l.customer_id, l.message_id, l.channel_id, l.attempted_at, l.look_count, l.next_look_at

-- name: hold_unknown
-- Lock the conversation of a message, and say whether still nobody knows what became of it.
SELECT m.status = 'unknown'
FROM messages AS m
JOIN conversations AS c ON c.customer_id = m.customer_id AND c.id = m.conversation_id
WHERE m.customer_id = %(customer_id)s AND m.id = %(message_id)s
FOR UPDATE OF c

-- name: end_look_up
-- Ask for a message no more, if the lease is still ours: its end is its fence.
DELETE FROM outbound_look_ups AS l
WHERE l.customer_id = %(customer_id)s AND l.message_id = %(message_id)s
    AND l.next_look_at = %(leased_until)s
RETURNING l.message_id

-- name: put_off_look_up
-- Ask again after a wait, if the lease is still ours.
UPDATE outbound_look_ups AS l
SET
    next_look_at = now() + make_interval(secs => %(wait_seconds)s::double precision),
    look_count = %(look_count)s::integer
WHERE l.customer_id = %(customer_id)s AND l.message_id = %(message_id)s
    AND l.next_look_at = %(leased_until)s

-- name: list_taken_ids
-- Which of these ids of the provider's are those of other messages of ours.
SELECT m.provider_message_id
FROM messages AS m
WHERE m.customer_id = %(customer_id)s AND m.channel_id = %(channel_id)s
    AND m.provider_message_id = ANY(%(provider_message_ids)s::text[])
    AND m.direction = 'outbound'
