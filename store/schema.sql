-- name: has_migrations
-- Whether any migration was ever applied here. The table's name is that of the library which
-- applied migrations first: programs of either kind read the same table while they are replaced.
SELECT to_regclass('_yoyo_migration') IS NOT NULL

-- name: make_migration_table
CREATE TABLE _yoyo_migration (
    migration_hash varchar(64) PRIMARY KEY,
    migration_id varchar(255),
    applied_at_utc timestamp
);
COMMENT ON TABLE _yoyo_migration IS 'The migrations that this database has.';
COMMENT ON COLUMN _yoyo_migration.migration_hash IS 'SHA-256 of the id, in hexadecimal digits.';
COMMENT ON COLUMN _yoyo_migration.migration_id IS 'The file''s name without its extension.';
COMMENT ON COLUMN _yoyo_migration.applied_at_utc IS 'When it was applied, in UTC.';

-- name: list_applied
-- The ids of the migrations in this database.
SELECT migration_id FROM _yoyo_migration

-- name: note_applied
INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc)
VALUES (
    encode(sha256(convert_to(%(migration_id)s, 'UTF8')), 'hex'),
    %(migration_id)s,
    timezone('utc', now())
)

-- name: note_rolled_back
DELETE FROM _yoyo_migration WHERE migration_id = %(migration_id)s

-- name: try_lock_migrations
-- Whether nobody else migrates now; the lock goes with the session.
SELECT pg_try_advisory_lock(hashtext('inlet migrations'))

-- name: server_version
-- The server's version as one number: 180004 is 18.4.
SELECT current_setting('server_version_num')::integer
