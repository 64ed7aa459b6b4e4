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
