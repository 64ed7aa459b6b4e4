-- name: server_process
-- Which process of the server answers: behind a pooler not the one that the connection was told of.
SELECT pg_backend_pid()

-- name: has_our_statement
-- Whether the server knows a statement by the name that the driver gave it; asked as such a one.
-- A pooler that keeps prepared statements gives them names of its own.
SELECT EXISTS (SELECT FROM pg_prepared_statements AS p WHERE p.name LIKE '\_pg3\_%')
