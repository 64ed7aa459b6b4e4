-- name: append_changes
-- Tell those who follow, in the order given.
INSERT INTO outbox (
    customer_id, type, conversation_id, message_id, object_id, version, message_seq
)
SELECT
    %(customer_id)s::bigint, t.type, t.conversation_id, t.message_id, t.object_id, t.version,
    t.message_seq
FROM unnest(
    %(types)s::text[], %(conversation_ids)s::uuid[], %(message_ids)s::uuid[],
    %(object_ids)s::uuid[], %(versions)s::bigint[], %(message_seqs)s::integer[]
) WITH ORDINALITY
    AS t (type, conversation_id, message_id, object_id, version, message_seq, position)
ORDER BY t.position

-- name: adopt_restored_changes
-- Let a restored outbox follow on in this server, whose transactions count from their own beginning.
-- What another server wrote lies ahead of all that this one writes, and so do the cursors. Such rows
-- get the number of no transaction and stay in the order of seq; each such cursor goes before its
-- first row that was not done, also before those done again: consumers may be given a change twice.
WITH server AS (
    SELECT pg_snapshot_xmax(pg_current_snapshot()) AS newest
),
behind AS (
    SELECT c.consumer, min(o.seq) - 1 AS seq
    FROM server AS s
    JOIN outbox_cursors AS c ON c.xid > s.newest
    LEFT JOIN outbox AS o ON o.xid <= s.newest OR (o.xid, o.seq) > (c.xid, c.seq)
    GROUP BY c.consumer
),
moved AS (
    UPDATE outbox_cursors AS c
    SET xid = CASE WHEN b.seq IS NULL THEN '2'::xid8 ELSE '1'::xid8 END, seq = coalesce(b.seq, 0)
    FROM behind AS b
    WHERE c.consumer = b.consumer
)
UPDATE outbox AS o SET xid = '1'::xid8 FROM server AS s WHERE o.xid > s.newest
