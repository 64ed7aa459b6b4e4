-- name: changes_of_customer
-- Read a customer's next changes, none of which an open transaction can still precede.
SELECT
    h.xmin::text::bigint, h.xmax::text::bigint, false, p.xid::text::bigint, p.seq,
    coalesce(g.epoch, 0),
    o.customer_id, o.xid::text::bigint, o.seq, o.type, o.conversation_id, o.message_id,
    o.object_id, o.version, o.message_seq, o.created_at, o.message_status
FROM (
    SELECT
        pg_snapshot_xmin(pg_current_snapshot()) AS xmin,
        pg_snapshot_xmax(pg_current_snapshot()) AS xmax
) AS h
LEFT JOIN outbox_cursors AS p ON p.consumer = 'pruned'
LEFT JOIN outbox_origin AS g ON g.id = 1
LEFT JOIN LATERAL (
    SELECT
        c.customer_id, c.xid, c.seq, c.type, c.conversation_id, c.message_id, c.object_id,
        c.version, c.message_seq, c.created_at, c.message_status
    FROM outbox AS c
    WHERE c.customer_id = %(customer_id)s::bigint
        AND (c.xid, c.seq) > (%(xid)s::xid8, %(seq)s::bigint)
        AND c.xid < h.xmin
    ORDER BY c.xid, c.seq
    LIMIT %(limit)s::integer
) AS o ON true
ORDER BY o.xid, o.seq

-- name: changes_of_all
-- Read every customer's next changes, and whether there are more behind an open transaction.
SELECT
    h.xmin::text::bigint, h.xmax::text::bigint,
    EXISTS (SELECT 1 FROM outbox AS l WHERE l.xid >= h.xmin), p.xid::text::bigint, p.seq,
    coalesce(g.epoch, 0),
    o.customer_id, o.xid::text::bigint, o.seq, o.type, o.conversation_id, o.message_id,
    o.object_id, o.version, o.message_seq, o.created_at, o.message_status
FROM (
    SELECT
        pg_snapshot_xmin(pg_current_snapshot()) AS xmin,
        pg_snapshot_xmax(pg_current_snapshot()) AS xmax
) AS h
LEFT JOIN outbox_cursors AS p ON p.consumer = 'pruned'
LEFT JOIN outbox_origin AS g ON g.id = 1
LEFT JOIN LATERAL (
    SELECT
        c.customer_id, c.xid, c.seq, c.type, c.conversation_id, c.message_id, c.object_id,
        c.version, c.message_seq, c.created_at, c.message_status
    FROM outbox AS c
    WHERE (c.xid, c.seq) > (%(xid)s::xid8, %(seq)s::bigint)
        AND c.xid < h.xmin
    ORDER BY c.xid, c.seq
    LIMIT %(limit)s::integer
) AS o ON true
ORDER BY o.xid, o.seq

-- name: cursor_of_now
-- Say where the changes of transactions that are not over yet begin.
SELECT
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    coalesce((SELECT g.epoch FROM outbox_origin AS g WHERE g.id = 1), 0)

-- name: prune_changes
-- Remove the oldest changes that every consumer has done and no customer keeps, and note how far.
-- Consumers that are off are told that they missed something.
WITH front AS (
    SELECT
        o.customer_id, o.xid, o.seq,
        bool_and(
            o.created_at < coalesce(
                %(now)s::timestamptz - make_interval(days => o.outbox_days),
                %(before)s::timestamptz
            )
            AND NOT EXISTS (
                SELECT 1 FROM outbox_cursors AS c
                WHERE c.consumer <> 'pruned' AND c.off_since IS NULL
                    AND (c.xid, c.seq) < (o.xid, o.seq)
            )
        ) OVER (ORDER BY o.xid, o.seq) AS is_done
    FROM (
        SELECT f.customer_id, f.xid, f.seq, f.created_at, c.outbox_days
        FROM outbox AS f
        LEFT JOIN customers AS c ON c.id = f.customer_id
        WHERE f.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY f.xid, f.seq
        LIMIT %(limit)s::integer
    ) AS o
),
gone AS (
    DELETE FROM outbox AS o
    USING front AS f
    WHERE f.is_done AND o.customer_id = f.customer_id AND o.xid = f.xid AND o.seq = f.seq
    RETURNING o.xid, o.seq
),
missed AS (
    UPDATE outbox_cursors AS c
    SET has_missed = true
    WHERE c.off_since IS NOT NULL AND NOT c.has_missed
        AND EXISTS (SELECT FROM gone AS g WHERE (g.xid, g.seq) > (c.xid, c.seq))
),
noted AS (
    INSERT INTO outbox_cursors (consumer, xid, seq)
    SELECT 'pruned', g.xid, g.seq FROM gone AS g ORDER BY g.xid DESC, g.seq DESC LIMIT 1
    ON CONFLICT (consumer) DO UPDATE SET
        xid = excluded.xid, seq = excluded.seq, updated_at = now()
)
SELECT count(*) FROM gone
