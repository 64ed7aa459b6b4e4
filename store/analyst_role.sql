-- name: make_role
-- Make the role of analysts, which all databases of the server share, if we may and there is none.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'inlet_analyst') THEN
        CREATE ROLE inlet_analyst NOLOGIN;
    END IF;
EXCEPTION
    WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL;
END
$$

-- name: open_views
-- Let analysts read the views of this database; a dump without privileges has lost that.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'inlet_analyst') THEN
        GRANT USAGE ON SCHEMA analytics TO inlet_analyst;
        GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO inlet_analyst;
    END IF;
EXCEPTION
    WHEN insufficient_privilege OR invalid_schema_name THEN NULL;
END
$$

-- name: join_analysts
-- Let us take the role ourselves, as `inlet psql` does; a superuser may anyhow.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'inlet_analyst')
    THEN
        EXECUTE format('GRANT inlet_analyst TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN NULL;
END
$$

-- name: is_analyst
-- Whether this session has the role; a pooler may pass over what it was opened with.
SELECT current_user = 'inlet_analyst'

-- name: is_open
-- Whether analysts can read this database's views, whoever we are.
SELECT coalesce(bool_or(has_schema_privilege(r.oid, n.oid, 'USAGE')), false)
FROM pg_roles AS r
JOIN pg_namespace AS n ON n.nspname = 'analytics'
WHERE r.rolname = 'inlet_analyst'

-- name: is_ready
-- Whether analysts can read, and whether we can be one of them.
SELECT coalesce(bool_or(has_schema_privilege(r.oid, n.oid, 'USAGE')), false)
FROM pg_roles AS r
JOIN pg_namespace AS n ON n.nspname = 'analytics'
WHERE r.rolname = 'inlet_analyst' AND pg_has_role(r.oid, 'MEMBER')
