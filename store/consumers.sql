-- name: add_consumer
-- Let a consumer begin at the start of what is kept.
INSERT INTO outbox_cursors (consumer, xid, seq)
VALUES (%(consumer)s::text, '0'::xid8, 0)
ON CONFLICT (consumer) DO NOTHING

-- name: find_consumer
-- Say how far a consumer is, without holding it.
SELECT c.xid::text::bigint, c.seq
FROM outbox_cursors AS c
WHERE c.consumer = %(consumer)s::text

-- name: hold_consumer
-- Take a consumer's turn, unless another process has it.
SELECT c.xid::text::bigint, c.seq
FROM outbox_cursors AS c
WHERE c.consumer = %(consumer)s::text
FOR UPDATE SKIP LOCKED

-- name: advance_consumer
-- Note how far a consumer is.
UPDATE outbox_cursors AS c
SET xid = %(xid)s::xid8, seq = %(seq)s::bigint, updated_at = now()
WHERE c.consumer = %(consumer)s::text
