-- name: has_migrations
-- Whether any migration was ever applied here. The table's name is that of the library which
-- applied migrations first: programs of either kind read the same table while they are replaced.
SELECT to_regclass('_yoyo_migration') IS NOT NULL

-- name: make_migration_table
-- The hash is SHA-256 of the id, in hexadecimal digits; the time is in UTC.
CREATE TABLE IF NOT EXISTS _yoyo_migration (
    migration_hash varchar(64) PRIMARY KEY,
    migration_id varchar(255),
    applied_at_utc timestamp
)

-- name: list_applied
-- The ids of the migrations in this database.
SELECT migration_id FROM _yoyo_migration

-- name: note_applied
-- Say that a migration is in this database.
INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc)
VALUES (
    encode(sha256(convert_to(%(migration_id)s, 'UTF8')), 'hex'),
    %(migration_id)s,
    timezone('utc', now())
)

-- name: note_rolled_back
-- Say that a migration is no longer in this database.
DELETE FROM _yoyo_migration WHERE migration_id = %(migration_id)s

-- name: try_lock_migrations
-- Whether nobody else migrates now; the lock goes with the transaction.
SELECT pg_try_advisory_xact_lock(hashtext('inlet migrations'))

-- name: let_transaction_rest
-- Let this transaction be idle for as long as the one beside it takes.
SELECT set_config('idle_in_transaction_session_timeout', '0', true)

-- name: limit_lock_wait
-- Give up, in this transaction, whatever waits longer for a lock.
SELECT set_config('lock_timeout', %(timeout)s, true)

-- name: is_standby
-- Whether this server only follows another one, and takes no writes.
SELECT pg_is_in_recovery()

-- name: server_version
-- The server's version as one number: 180004 is 18.4.
SELECT current_setting('server_version_num')::integer
