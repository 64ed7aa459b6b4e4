-- name: find_role
-- What a role of the server is to analysts, there or not; who may become the owner reads all.
SELECT
    quote_ident(t.name),
    r.oid IS NOT NULL,
    coalesce(r.rolcanlogin, false),
    coalesce(pg_has_role(r.oid, a.oid, 'MEMBER'), false),
    coalesce(pg_has_role(r.oid, o.relowner, 'MEMBER'), false)
FROM (SELECT %(role_name)s::text AS name) AS t
JOIN pg_class AS o ON o.oid = 'analysts'::regclass
LEFT JOIN pg_roles AS r ON r.rolname = t.name
LEFT JOIN pg_roles AS a ON a.rolname = 'inlet_analyst'

-- name: set_analyst
-- Let a role read a customer; no row where it reads as much already.
INSERT INTO analysts AS a (customer_id, role_name, sees_people)
VALUES (%(customer_id)s::bigint, %(role_name)s::text::name, %(sees_people)s::boolean)
ON CONFLICT (customer_id, role_name) DO UPDATE SET sees_people = excluded.sees_people
WHERE a.sees_people <> excluded.sees_people
RETURNING role_name

-- name: list_analysts
-- Who reads a customer, by name, and whether the role is there and can.
SELECT
    a.role_name::text,
    a.sees_people,
    a.created_at,
    coalesce(r.rolcanlogin AND pg_has_role(r.oid, m.oid, 'MEMBER'), false) AS can_read
FROM analysts AS a
LEFT JOIN pg_roles AS r ON r.rolname = a.role_name
LEFT JOIN pg_roles AS m ON m.rolname = 'inlet_analyst'
WHERE a.customer_id = %(customer_id)s::bigint
ORDER BY a.role_name

-- name: delete_analyst
-- Let a role read a customer no more.
DELETE FROM analysts AS a
WHERE a.customer_id = %(customer_id)s::bigint AND a.role_name = %(role_name)s::text
RETURNING a.role_name
