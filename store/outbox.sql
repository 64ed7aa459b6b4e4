-- name: append_changes
-- Tell those who follow, in the order given.
INSERT INTO outbox (
    customer_id, type, conversation_id, message_id, object_id, version, message_seq,
    message_status
)
SELECT
    %(customer_id)s::bigint, t.type, t.conversation_id, t.message_id, t.object_id, t.version,
    t.message_seq, t.message_status
FROM unnest(
    %(types)s::text[], %(conversation_ids)s::uuid[], %(message_ids)s::uuid[],
    %(object_ids)s::uuid[], %(versions)s::bigint[], %(message_seqs)s::integer[],
    %(message_statuses)s::text[]
) WITH ORDINALITY AS t (
    type, conversation_id, message_id, object_id, version, message_seq, message_status, position
)
ORDER BY t.position
