-- name: add_consumer
-- Let a consumer begin at the start of what is kept.
INSERT INTO outbox_cursors (consumer, xid, seq)
VALUES (%(consumer)s::text, '0'::xid8, 0)
ON CONFLICT (consumer) DO NOTHING

-- name: note_off
-- Note since when consumers are off; one that never ran has missed what is gone already.
INSERT INTO outbox_cursors AS c (consumer, xid, seq, off_since, has_missed)
SELECT
    t.consumer, '0'::xid8, 0, now(),
    EXISTS (SELECT FROM outbox_cursors AS p WHERE p.consumer = 'pruned')
FROM unnest(%(consumers)s::text[]) AS t (consumer)
ORDER BY t.consumer
ON CONFLICT (consumer) DO UPDATE SET off_since = excluded.off_since
WHERE c.off_since IS NULL

-- name: is_off
-- Whether a consumer is noted to be off.
SELECT EXISTS (
    SELECT FROM outbox_cursors AS c
    WHERE c.consumer = %(consumer)s::text AND c.off_since IS NOT NULL
)

-- name: note_on
-- Note that a consumer is on again; it reads on from where it was.
UPDATE outbox_cursors AS c
SET off_since = NULL
WHERE c.consumer = %(consumer)s::text AND c.off_since IS NOT NULL

-- name: list_missing
-- Which consumers that are on lack what the outbox no longer tells.
SELECT c.consumer
FROM outbox_cursors AS c
WHERE c.has_missed AND c.off_since IS NULL
ORDER BY c.consumer

-- name: end_catching_up
-- Note that a consumer lacks nothing any more.
UPDATE outbox_cursors AS c
SET has_missed = false
WHERE c.consumer = %(consumer)s::text AND c.off_since IS NULL

-- name: find_consumer
-- Say how far a consumer is, without holding it.
SELECT
    c.xid::text::bigint, c.seq,
    coalesce((SELECT g.epoch FROM outbox_origin AS g WHERE g.id = 1), 0)
FROM outbox_cursors AS c
WHERE c.consumer = %(consumer)s::text

-- name: take_turn
-- Say how far a consumer is, unless another process is at it; to read and compute in this turn
-- takes no transaction id, so nobody who follows the outbox waits meanwhile.
SELECT
    c.xid::text::bigint, c.seq,
    coalesce((SELECT g.epoch FROM outbox_origin AS g WHERE g.id = 1), 0),
    set_config('idle_in_transaction_session_timeout', %(milliseconds)s::text, true)
FROM outbox_cursors AS c
WHERE c.consumer = %(consumer)s::text
    AND pg_try_advisory_xact_lock(hashtextextended('inlet consumer ' || c.consumer, 0))

-- name: wait_for_turn
-- Take a consumer's turn as soon as whoever has it is done, to work beside it.
SELECT pg_advisory_xact_lock(hashtextextended('inlet consumer ' || %(consumer)s::text, 0))

-- name: hold_consumer
-- Hold a consumer's cursor to write, unless another process does.
SELECT
    c.xid::text::bigint, c.seq,
    coalesce((SELECT g.epoch FROM outbox_origin AS g WHERE g.id = 1), 0)
FROM outbox_cursors AS c
WHERE c.consumer = %(consumer)s::text
FOR UPDATE SKIP LOCKED

-- name: advance_consumer
-- Note how far a consumer is.
UPDATE outbox_cursors AS c
SET xid = %(xid)s::xid8, seq = %(seq)s::bigint, updated_at = now()
WHERE c.consumer = %(consumer)s::text

-- name: set_aside
-- Keep which change a consumer could not do.
INSERT INTO changes_set_aside (
    consumer, seq, customer_id, type, conversation_id, message_id, object_id, error_class
)
VALUES (
    %(consumer)s::text, %(seq)s::bigint, %(customer_id)s::bigint, %(type)s::text,
    %(conversation_id)s::uuid, %(message_id)s::uuid, %(object_id)s::text, %(error_class)s::text
)
ON CONFLICT (consumer, seq) DO NOTHING
