-- name: read_origin
-- The server that the outbox was followed on until now, whether this one can be written, and whether
-- we may ask which it is.
SELECT
    pg_is_in_recovery(),
    has_function_privilege('pg_control_system()', 'EXECUTE')
        AND has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE'),
    'outbox_origin'::regclass::oid::bigint,
    g.system_identifier, g.table_oid, g.timeline, coalesce(g.epoch, 0), g.began_at, g.reason
FROM (VALUES (1)) AS only_row (id)
LEFT JOIN outbox_origin AS g ON g.id = only_row.id

-- name: read_server
-- Which cluster this is, and how often a standby took over in it.
SELECT
    s.system_identifier,
    ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint
FROM pg_control_system() AS s

-- name: has_changes_ahead
-- Whether there are rows or cursors of transactions that this server has not come to.
SELECT EXISTS (
    SELECT FROM outbox AS o WHERE o.xid >= pg_snapshot_xmax(pg_current_snapshot())
) OR EXISTS (
    SELECT FROM outbox_cursors AS c WHERE c.xid > pg_snapshot_xmax(pg_current_snapshot())
)

-- name: count_anew
-- Let an outbox be followed on in a server whose transactions count from a beginning of their own.
-- All rows get the number of no transaction and stay in the order of seq; each cursor goes before
-- its first row that was not done, also before those done again: a change may be given twice.
WITH server AS (
    SELECT pg_snapshot_xmax(pg_current_snapshot()) AS newest
),
behind AS (
    SELECT c.consumer, min(o.seq) - 1 AS seq
    FROM server AS s
    CROSS JOIN outbox_cursors AS c
    LEFT JOIN outbox AS o
        ON (o.xid, o.seq) > (c.xid, c.seq) OR (c.xid > s.newest AND o.xid < s.newest)
    GROUP BY c.consumer
),
moved AS (
    UPDATE outbox_cursors AS c
    SET xid = CASE WHEN b.seq IS NULL THEN '2'::xid8 ELSE '1'::xid8 END, seq = coalesce(b.seq, 0)
    FROM behind AS b
    WHERE c.consumer = b.consumer
)
UPDATE outbox AS o SET xid = '1'::xid8

-- name: note_origin
-- Say on which server the outbox is followed from now on; begins an epoch unless it was noted so
-- meanwhile. What we may not ask stays as it was.
INSERT INTO outbox_origin AS g (id, system_identifier, table_oid, timeline, epoch, reason)
VALUES (
    1, %(system_identifier)s::bigint, %(table_oid)s::bigint, %(timeline)s::bigint,
    %(first_epoch)s::bigint, %(reason)s::text
)
ON CONFLICT (id) DO UPDATE
SET system_identifier = coalesce(excluded.system_identifier, g.system_identifier),
    table_oid = excluded.table_oid,
    timeline = coalesce(excluded.timeline, g.timeline),
    epoch = g.epoch + 1,
    began_at = excluded.began_at,
    reason = excluded.reason
WHERE g.epoch = %(epoch)s::bigint
RETURNING g.epoch
