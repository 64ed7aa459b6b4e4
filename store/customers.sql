-- name: find_customer
-- Find a customer's id by name.
SELECT id
FROM customers
WHERE name = %(name)s
