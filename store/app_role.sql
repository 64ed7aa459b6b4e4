-- name: make_role
-- Make the role of web and workers, which all databases of the server share, if we may and there is
-- none. It is no superuser and may make neither databases nor roles, as every new role.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'inlet_app') THEN
        CREATE ROLE inlet_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL;
END
$$

-- name: tell_password
-- Tell the next statement what the role logs in with, already hashed; empty: no password.
SELECT set_config('inlet.app_password', %(hashed)s::text, true)

-- name: let_log_in
-- Let the role log in, if we may say so.
DO $$
DECLARE
    hashed text := coalesce(current_setting('inlet.app_password', true), '');
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'inlet_app') THEN
        ALTER ROLE inlet_app LOGIN;
        IF hashed <> '' THEN
            EXECUTE format('ALTER ROLE inlet_app PASSWORD %L', hashed);
        END IF;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN NULL;
END
$$

-- name: open_schema
-- Let the role reach the tables, and nobody make anything beside them: databases that an older
-- Postgres made let everybody. What later migrations make is open to it from its first moment.
DO $$
BEGIN
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'inlet_app') THEN
        GRANT USAGE ON SCHEMA public TO inlet_app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public
            GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO inlet_app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO inlet_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN NULL;
END
$$

-- name: open_tables
-- Let the role use what belongs to the owner of our tables: rows alone. It changes no event, only
-- adds to the audit, only reads which migrations there are, and makes nobody an analyst.
DO $$
DECLARE
    owner oid := (SELECT relowner FROM pg_class WHERE oid = to_regclass('public.customers'));
    -- Statistics and cleaning; before 17 they are left to autovacuum.
    kept text := CASE
        WHEN current_setting('server_version_num')::integer >= 170000 THEN ', MAINTAIN' ELSE ''
    END;
    found record;
BEGIN
    IF owner IS NULL OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'inlet_app') THEN
        RETURN;
    END IF;
    FOR found IN
        SELECT
            c.oid::regclass AS name,
            CASE
                WHEN c.relkind = 'S' THEN 'USAGE, SELECT ON SEQUENCE'
                WHEN c.relkind = 'v' OR c.relname = '_yoyo_migration' THEN 'SELECT ON TABLE'
                WHEN c.relname = 'audit' THEN 'SELECT, INSERT ON TABLE'
                -- Whoever locks a row must be allowed to change a column of it.
                WHEN c.relname = 'inbound_events'
                    THEN 'SELECT, INSERT, DELETE, UPDATE (created_at)' || kept || ' ON TABLE'
                WHEN c.relname <> 'analysts'
                    THEN 'SELECT, INSERT, UPDATE, DELETE' || kept || ' ON TABLE'
            END AS rights
        FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace
            AND c.relowner = owner
            AND c.relkind IN ('r', 'p', 'v', 'S')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM inlet_app', found.name);
        IF found.rights IS NOT NULL THEN
            EXECUTE format('GRANT %s %s TO inlet_app', found.rights, found.name);
        END IF;
    END LOOP;
    GRANT EXECUTE ON FUNCTION longest_transaction_seconds() TO inlet_app;
EXCEPTION
    WHEN insufficient_privilege OR undefined_function THEN NULL;
END
$$

-- name: join_app
-- Let us see the role's sessions as our own: how long its transactions are open. A superuser does.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'inlet_app')
    THEN
        EXECUTE format('GRANT inlet_app TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN NULL;
END
$$

-- name: is_open
-- Whether the role is there and may use the tables of this database.
SELECT coalesce(bool_or(has_table_privilege(r.oid, c.oid, 'INSERT')), false)
FROM pg_roles AS r
JOIN pg_class AS c ON c.oid = to_regclass('public.inbound_queue')
WHERE r.rolname = 'inlet_app'

-- name: read_login
-- What the role that logged in may do beyond rows: everything, and change the tables themselves.
-- Whoever makes the tables is going to own them.
SELECT
    session_user::text,
    r.rolsuper,
    coalesce(pg_has_role(session_user, c.relowner, 'MEMBER'), true)
FROM pg_roles AS r
LEFT JOIN pg_class AS c ON c.oid = to_regclass('public.customers')
WHERE r.rolname = session_user
