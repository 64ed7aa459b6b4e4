-- name: wake_snoozed
-- Open conversations whose time has come, and tell those who follow.
WITH due AS (
    SELECT c.customer_id, c.id
    FROM conversations AS c
    WHERE c.status = 'snoozed' AND c.snoozed_until <= %(now)s::timestamptz
    ORDER BY c.snoozed_until
    LIMIT %(limit)s::integer
    FOR UPDATE SKIP LOCKED
),
woken AS (
    UPDATE conversations AS c
    SET status = 'open', snoozed_until = NULL, version = c.version + 1
    FROM due AS d
    WHERE c.customer_id = d.customer_id AND c.id = d.id
    RETURNING c.customer_id, c.id, c.version
),
told AS (
    INSERT INTO outbox (customer_id, type, conversation_id, version)
    SELECT w.customer_id, 'conversation.updated', w.id, w.version FROM woken AS w
)
SELECT w.customer_id, w.id FROM woken AS w ORDER BY w.customer_id, w.id

-- name: find_next_wake
-- When the next conversation is to wake, of all customers.
SELECT c.snoozed_until
FROM conversations AS c
WHERE c.status = 'snoozed'
ORDER BY c.snoozed_until
LIMIT 1

-- name: find_next_wake_of_customer
-- When the customer's next conversation is to wake.
SELECT min(c.snoozed_until)
FROM conversations AS c
WHERE c.customer_id = %(customer_id)s AND c.status = 'snoozed'
