-- name: insert_messages
-- Store messages that came in; the caller knows that they are new. What we wrote ourselves is sent.
INSERT INTO messages (
    customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
    from_written, from_name, body_hash, body_format, subject, provider_message_id, event_id, sent_at,
    received_at, mail_class, is_automatic, may_opt_out, shape, quoted_id
)
SELECT
    t.customer_id, t.id, t.conversation_id, t.seq, t.direction, t.channel_id, t.kind,
    CASE t.direction WHEN 'inbound' THEN 'received' ELSE 'sent' END, t.from_hash, t.from_written,
    t.from_name, t.body_hash, t.body_format, t.subject, t.provider_message_id, t.id, t.sent_at,
    t.received_at, t.mail_class, t.is_automatic, t.may_opt_out, t.shape, t.quoted_id
FROM unnest(
    %(customer_ids)b::bigint[], %(ids)b::uuid[], %(conversation_ids)b::uuid[], %(seqs)b::integer[],
    %(directions)b::text[], %(channel_ids)b::uuid[], %(kinds)b::text[],
    %(from_hashes)b::bigint[], %(from_writtens)b::text[], %(from_names)b::text[],
    %(body_hashes)b::bigint[], %(body_formats)b::text[], %(subjects)b::text[],
    %(provider_message_ids)b::text[], %(sent_ats)b::timestamptz[], %(received_ats)b::timestamptz[],
    %(mail_classes)b::text[], %(are_automatic)b::boolean[], %(may_opt_outs)b::boolean[],
    %(shapes)b::text[], %(quoted_ids)b::text[]
) AS t (
    customer_id, id, conversation_id, seq, direction, channel_id, kind, from_hash, from_written,
    from_name, body_hash, body_format, subject, provider_message_id, sent_at, received_at,
    mail_class, is_automatic, may_opt_out, shape, quoted_id
)

-- name: insert_recipients
-- Note to whom messages were addressed.
INSERT INTO message_recipients (customer_id, message_id, address_hash, role, written)
SELECT t.customer_id, t.message_id, t.address_hash, t.role, t.written
FROM unnest(
    %(customer_ids)b::bigint[], %(message_ids)b::uuid[], %(address_hashes)b::bigint[],
    %(roles)b::text[], %(writtens)b::text[]
) AS t (customer_id, message_id, address_hash, role, written)

-- name: insert_attachments
-- Note what messages carry.
INSERT INTO attachments (
    customer_id, message_id, position, url, file_hash, content_type, filename, size_bytes, content_id
)
SELECT
    t.customer_id, t.message_id, t.position, t.url, t.file_hash, t.content_type, t.filename,
    t.size_bytes, t.content_id
FROM unnest(
    %(customer_ids)b::bigint[], %(message_ids)b::uuid[], %(positions)b::integer[],
    %(urls)b::text[], %(file_hashes)b::bytea[], %(content_types)b::text[], %(filenames)b::text[],
    %(sizes)b::bigint[], %(content_ids)b::text[]
) AS t (
    customer_id, message_id, position, url, file_hash, content_type, filename, size_bytes,
    content_id
)

-- name: append_outbox
-- Say what happened, in the transaction in which it happened.
INSERT INTO outbox (customer_id, type, conversation_id, message_id, version, message_seq)
SELECT t.customer_id, %(type)s, t.conversation_id, t.message_id, t.version, t.message_seq
FROM unnest(
    %(customer_ids)b::bigint[], %(conversation_ids)b::uuid[], %(message_ids)b::uuid[],
    %(versions)b::bigint[], %(message_seqs)b::integer[]
) AS t (customer_id, conversation_id, message_id, version, message_seq)
