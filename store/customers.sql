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
    c.id, c.name, c.event_days, c.dead_letter_days, c.quarantine_days, c.outbox_days, c.file_days,
    c.most_file_bytes, c.created_at,
    (SELECT count(*) FROM channels AS h WHERE h.customer_id = c.id) AS channels
FROM customers AS c
ORDER BY c.id

-- name: insert_customer
-- Add a customer, unless there is one of this name.
INSERT INTO customers (
    name, event_days, dead_letter_days, quarantine_days, outbox_days, file_days, most_file_bytes
)
VALUES (
    %(name)s::text, %(event_days)s::integer, %(dead_letter_days)s::integer,
    %(quarantine_days)s::integer, %(outbox_days)s::integer, %(file_days)s::integer,
    %(most_file_bytes)s::bigint
)
ON CONFLICT (name) DO NOTHING
RETURNING id

-- name: set_customer
-- Rename a customer and say how long they keep things, and how much of them.
UPDATE customers AS c
SET
    name = %(name)s::text,
    event_days = %(event_days)s::integer,
    dead_letter_days = %(dead_letter_days)s::integer,
    quarantine_days = %(quarantine_days)s::integer,
    outbox_days = %(outbox_days)s::integer,
    file_days = %(file_days)s::integer,
    most_file_bytes = %(most_file_bytes)s::bigint
WHERE c.id = %(customer_id)s::bigint
    AND NOT EXISTS (
        SELECT 1 FROM customers AS o WHERE o.name = %(name)s::text AND o.id <> c.id
    )
RETURNING c.id

-- name: read_file_quota
-- How many bytes of files a customer may have and has; no row: any number.
SELECT
    c.most_file_bytes,
    (
        SELECT coalesce(sum(f.size_bytes), 0)::bigint FROM files AS f
        WHERE f.customer_id = c.id AND f.forgotten_at IS NULL
    ) AS file_bytes
FROM customers AS c
WHERE c.id = %(customer_id)s::bigint AND c.most_file_bytes IS NOT NULL

-- name: list_above_quota
-- The customers who have more bytes of files than they may.
SELECT c.name
FROM customers AS c
WHERE c.most_file_bytes IS NOT NULL AND c.most_file_bytes < (
    SELECT sum(f.size_bytes) FROM files AS f
    WHERE f.customer_id = c.id AND f.forgotten_at IS NULL
)
ORDER BY c.id
