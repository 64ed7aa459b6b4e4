-- name: insert_agent
-- Add an agent unless the customer has one of that name.
INSERT INTO agents (customer_id, id, name, role)
VALUES (%(customer_id)s, %(id)s, %(name)s, %(role)s)
ON CONFLICT (customer_id, name) DO NOTHING
RETURNING id, name, role, disabled_at, version, created_at

-- name: find_agent
-- Find one agent of a customer.
SELECT id, name, role, disabled_at, version, created_at
FROM agents
WHERE customer_id = %(customer_id)s AND id = %(id)s::uuid

-- name: find_agent_by_name
-- Find one agent of a customer by name or id.
SELECT id, name, role, disabled_at, version, created_at
FROM agents
WHERE customer_id = %(customer_id)s
    AND (name = %(name_or_id)s::text OR id::text = %(name_or_id)s::text)
ORDER BY id::text = %(name_or_id)s::text DESC
LIMIT 1

-- name: lock_agent
-- Hold an agent, and all admins with it, so that two changes cannot take away the last two admins.
SELECT id, name, role, disabled_at, version, created_at
FROM agents
WHERE customer_id = %(customer_id)s
    AND (id = %(id)s::uuid OR (role = 'admin' AND disabled_at IS NULL))
ORDER BY id
FOR NO KEY UPDATE

-- name: list_agents
-- One page of a customer's agents, by name.
SELECT id, name, role, disabled_at, version, created_at
FROM agents
WHERE customer_id = %(customer_id)s
    AND (%(after)s::text IS NULL OR name > %(after)s::text)
ORDER BY name
LIMIT %(row_count)s::bigint

-- name: set_agent
-- Change an agent.
UPDATE agents
SET
    name = %(name)s::text,
    role = %(role)s::text,
    disabled_at = CASE
        WHEN %(is_disabled)s::boolean THEN coalesce(disabled_at, now())
    END,
    version = version + 1
WHERE customer_id = %(customer_id)s AND id = %(id)s::uuid
RETURNING id, name, role, disabled_at, version, created_at
