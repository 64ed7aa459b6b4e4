-- name: has_migrations
-- Whether any migration was ever applied here.
SELECT to_regclass('_yoyo_migration') IS NOT NULL

-- name: list_applied
-- The ids of the migrations in this database.
SELECT migration_id FROM _yoyo_migration

-- name: server_version
-- The server's version as one number: 180004 is 18.4.
SELECT current_setting('server_version_num')::integer

-- name: lock_migrations
-- Wait until nobody else migrates; the lock goes with the session.
SELECT pg_advisory_lock(hashtext('inlet migrations'))
