-- name: find_customer
-- Find a customer's id by name.
SELECT id
FROM customers
WHERE name = %(name)s

-- name: name_of_customer
-- Read what a customer is called.
SELECT name
FROM customers
WHERE id = %(customer_id)s

-- name: list_customers
-- List every customer with how long they keep things and how many channels they have.
SELECT
    c.id, c.name, c.event_days, c.dead_letter_days, c.quarantine_days, c.outbox_days, c.created_at,
    (SELECT count(*) FROM channels AS h WHERE h.customer_id = c.id) AS channels
FROM customers AS c
ORDER BY c.id

-- name: insert_customer
-- Add a customer, unless there is one of this name.
INSERT INTO customers (name, event_days, dead_letter_days, quarantine_days, outbox_days)
VALUES (
    %(name)s::text, %(event_days)s::integer, %(dead_letter_days)s::integer,
    %(quarantine_days)s::integer, %(outbox_days)s::integer
)
ON CONFLICT (name) DO NOTHING
RETURNING id

-- name: set_customer
-- Rename a customer and say how long they keep things.
UPDATE customers AS c
SET
    name = %(name)s::text,
    event_days = %(event_days)s::integer,
    dead_letter_days = %(dead_letter_days)s::integer,
    quarantine_days = %(quarantine_days)s::integer,
    outbox_days = %(outbox_days)s::integer
WHERE c.id = %(customer_id)s::bigint
    AND NOT EXISTS (
        SELECT 1 FROM customers AS o WHERE o.name = %(name)s::text AND o.id <> c.id
    )
RETURNING c.id
