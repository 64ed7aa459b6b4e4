-- name: keep_handling
-- Remember what people decided about conversations, which new messages would undo.
INSERT INTO rebuild.kept_conversations (
    customer_id, id, status, closed_at, snoozed_until, assignee_id
)
SELECT c.customer_id, c.id, c.status, c.closed_at, c.snoozed_until, c.assignee_id
FROM public.conversations AS c
WHERE c.customer_id = %(customer_id)s::bigint

-- name: keep_merges
-- Remember what was merged.
INSERT INTO rebuild.kept_merges (
    customer_id, from_id, into_id, reason, merged_at, agent_id, channel_id, key_hash, generation,
    is_current
)
SELECT
    g.customer_id, g.from_id, g.into_id, g.reason, g.merged_at, g.agent_id, g.channel_id,
    g.key_hash, g.generation, g.is_current
FROM public.conversation_merges AS g
WHERE g.customer_id = %(customer_id)s::bigint

-- name: mend_addresses
-- Give addresses their values again.
UPDATE public.addresses AS p
SET kind = r.kind, value = r.value, is_validated = r.is_validated
FROM rebuild.differences AS d
JOIN rebuild.addresses AS r ON r.customer_id = d.customer_id AND r.hash = d.hash
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'addresses'
    AND d.kind = 'changed' AND d.columns = '{value}'
    AND p.customer_id = d.customer_id AND p.hash = d.hash

-- name: mend_bodies
-- Give texts their hashes' texts again; what was made of the wrong ones is not kept.
WITH wrong AS (
    DELETE FROM public.clean_bodies AS c
    USING rebuild.differences AS d
    WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'bodies' AND d.kind = 'changed'
        AND c.customer_id = d.customer_id AND c.hash = d.hash
)
UPDATE public.bodies AS p
SET text = r.text
FROM rebuild.differences AS d
JOIN rebuild.bodies AS r ON r.customer_id = d.customer_id AND r.hash = d.hash
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'bodies' AND d.kind = 'changed'
    AND p.customer_id = d.customer_id AND p.hash = d.hash

-- name: list_wanted_addresses
-- Addresses that are to be stored, or to get a contact.
SELECT r.kind, r.value, r.is_validated, r.contact_id IS NOT NULL, c.name
FROM rebuild.differences AS d
JOIN rebuild.addresses AS r ON r.customer_id = d.customer_id AND r.hash = d.hash
LEFT JOIN rebuild.contacts AS c ON c.customer_id = r.customer_id AND c.id = r.contact_id
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'addresses'

-- name: list_wanted_bodies
-- Texts that are to be stored.
SELECT r.text
FROM rebuild.differences AS d
JOIN rebuild.bodies AS r ON r.customer_id = d.customer_id AND r.hash = d.hash
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'bodies'

-- name: free_message_ids
-- Message-IDs lead neither to what is not there, nor to what is about to go, nor to another mail.
UPDATE public.email_message_ids AS i
SET message_id = NULL
WHERE i.customer_id = %(customer_id)s::bigint AND i.message_id IS NOT NULL
    AND (
        EXISTS (
            SELECT FROM rebuild.differences AS d
            WHERE d.customer_id = i.customer_id AND d.id = i.message_id AND d.part = 'messages'
                AND (d.kind <> 'changed' OR 'conversation_id' = ANY(d.columns))
        )
        OR EXISTS (
            SELECT FROM rebuild.differences AS d
            WHERE d.customer_id = i.customer_id AND d.channel_id = i.channel_id
                AND d.id = i.hash AND d.part = 'email_message_ids'
                AND 'message_id' = ANY(d.columns)
        )
    )

-- name: list_departing
-- Messages that are to go: those that should not be, and those that lie in a strange conversation.
SELECT d.id
FROM rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'messages'
    AND (d.kind = 'extra' OR 'conversation_id' = ANY(d.columns))

-- name: bear_again
-- Message-IDs lead to their mails again, where these stay: their copies are to find them.
UPDATE public.email_message_ids AS i
SET message_id = r.message_id
FROM rebuild.differences AS d
JOIN rebuild.email_message_ids AS r
    ON r.customer_id = d.customer_id AND r.channel_id = d.channel_id AND r.hash = d.id
JOIN public.messages AS m ON m.customer_id = r.customer_id AND m.id = r.message_id
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'email_message_ids'
    AND i.customer_id = d.customer_id AND i.channel_id = d.channel_id AND i.hash = d.id
    AND i.message_id IS NULL
    AND NOT EXISTS (
        SELECT FROM rebuild.differences AS g
        WHERE g.customer_id = m.customer_id AND g.id = m.id AND g.part = 'messages'
            AND (g.kind <> 'changed' OR 'conversation_id' = ANY(g.columns))
    )

-- name: drop_copies
-- What is no copy, or one of another message.
DELETE FROM public.message_copies AS k
USING rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'message_copies'
    AND d.kind <> 'missing'
    AND k.customer_id = d.customer_id AND k.event_id = d.id

-- name: drop_recipients
-- They are addressed to nobody.
DELETE FROM public.message_recipients AS r
WHERE r.customer_id = %(customer_id)s::bigint AND r.message_id = ANY(%(ids)s::uuid[])

-- name: drop_attachments
-- They carry nothing.
DELETE FROM public.attachments AS f
WHERE f.customer_id = %(customer_id)s::bigint AND f.message_id = ANY(%(ids)s::uuid[])

-- name: drop_documents
-- They are not found.
DELETE FROM public.search_documents AS s
WHERE s.customer_id = %(customer_id)s::bigint AND s.message_id = ANY(%(ids)s::uuid[])

-- name: drop_messages
-- They are not there.
DELETE FROM public.messages AS m
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = ANY(%(ids)s::uuid[])

-- name: list_absent
-- Events whose messages are to be written, then those that brought one once more, in order of ids.
SELECT d.id
FROM rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint
    AND CASE d.part
        WHEN 'messages' THEN d.kind = 'missing' OR 'conversation_id' = ANY(d.columns)
        WHEN 'message_copies' THEN d.kind <> 'extra'
        ELSE false
    END
ORDER BY d.part DESC, d.id

-- name: note_written
-- Remember which messages were written just now.
INSERT INTO rebuild.written (customer_id, id)
SELECT %(customer_id)s::bigint, t.id
FROM unnest(%(ids)s::uuid[]) AS t (id)
ON CONFLICT DO NOTHING

-- name: list_undone_merges
-- Conversations that were merged away and are there again, with where they belong.
SELECT
    g.from_id, g.into_id, g.reason, g.agent_id,
    (
        SELECT max(m.seq) FROM public.messages AS m
        WHERE m.customer_id = i.customer_id AND m.conversation_id = i.id
    ) AS last_seq
FROM public.conversation_merges AS g
JOIN public.conversations AS f ON f.customer_id = g.customer_id AND f.id = g.from_id
JOIN public.conversations AS i ON i.customer_id = g.customer_id AND i.id = g.into_id
WHERE g.customer_id = %(customer_id)s::bigint
ORDER BY g.into_id, g.from_id

-- name: restore_merges
-- A merge that was done again was decided when it was decided.
UPDATE public.conversation_merges AS g
SET into_id = k.into_id, reason = k.reason, merged_at = k.merged_at, agent_id = k.agent_id,
    channel_id = k.channel_id, key_hash = k.key_hash, generation = k.generation,
    is_current = k.is_current
FROM rebuild.kept_merges AS k
WHERE k.customer_id = %(customer_id)s::bigint
    AND g.customer_id = k.customer_id AND g.from_id = k.from_id
    AND (g.into_id, g.reason, g.merged_at, g.agent_id, g.channel_id, g.key_hash, g.generation,
        g.is_current)
        IS DISTINCT FROM (k.into_id, k.reason, k.merged_at, k.agent_id, k.channel_id, k.key_hash,
        k.generation, k.is_current)

-- name: mend_messages
-- Let messages say what their events say, where they are.
UPDATE public.messages AS m
SET direction = r.direction, status = r.status, event_id = r.event_id, kind = r.kind,
    from_hash = a.stored, from_written = r.from_written, from_name = r.from_name, body_hash = b.stored,
    body_format = r.body_format, subject = r.subject,
    provider_message_id = r.provider_message_id, channel_id = r.channel_id, sent_at = r.sent_at,
    received_at = r.received_at, mail_class = r.mail_class, is_automatic = r.is_automatic,
    may_opt_out = r.may_opt_out,
    shape = r.shape, quoted_id = r.quoted_id
FROM rebuild.differences AS d
JOIN rebuild.messages AS r ON r.customer_id = d.customer_id AND r.id = d.id
JOIN rebuild.address_map AS a ON a.customer_id = r.customer_id AND a.rebuilt = r.from_hash
JOIN rebuild.body_map AS b ON b.customer_id = r.customer_id AND b.rebuilt = r.body_hash
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'messages' AND d.kind = 'changed'
    AND m.customer_id = d.customer_id AND m.id = d.id

-- name: list_unlike_recipients
-- Messages whose recipients or attachments are not those of their events, and that are there.
SELECT DISTINCT d.id
FROM rebuild.differences AS d
JOIN public.messages AS m ON m.customer_id = d.customer_id AND m.id = d.id
WHERE d.customer_id = %(customer_id)s::bigint
    AND d.part IN ('message_recipients', 'attachments')
    AND NOT EXISTS (
        SELECT FROM rebuild.written AS w WHERE w.customer_id = d.customer_id AND w.id = d.id
    )

-- name: write_recipients
-- Address messages as their events do.
INSERT INTO public.message_recipients (customer_id, message_id, address_hash, role, written)
SELECT r.customer_id, r.message_id, a.stored, r.role, r.written
FROM rebuild.message_recipients AS r
JOIN rebuild.address_map AS a ON a.customer_id = r.customer_id AND a.rebuilt = r.address_hash
WHERE r.customer_id = %(customer_id)s::bigint AND r.message_id = ANY(%(ids)s::uuid[])

-- name: write_attachments
-- Let messages carry what their events say.
INSERT INTO public.attachments (
    customer_id, message_id, position, url, file_hash, content_type, filename, size_bytes, content_id
)
SELECT
    r.customer_id, r.message_id, r.position, r.url, r.file_hash, r.content_type, r.filename,
    r.size_bytes, r.content_id
FROM rebuild.attachments AS r
WHERE r.customer_id = %(customer_id)s::bigint AND r.message_id = ANY(%(ids)s::uuid[])

-- name: list_mended_messages
-- Messages that say something else now, with where they are.
SELECT m.id, m.conversation_id, m.seq
FROM public.messages AS m
WHERE m.customer_id = %(customer_id)s::bigint
    AND EXISTS (
        SELECT FROM rebuild.differences AS d
        WHERE d.customer_id = m.customer_id AND d.id = m.id
            AND (d.part IN ('message_recipients', 'attachments')
                OR (d.part = 'messages' AND d.kind = 'changed'))
    )
    AND NOT EXISTS (
        SELECT FROM rebuild.written AS w WHERE w.customer_id = m.customer_id AND w.id = m.id
    )
ORDER BY m.id

-- name: drop_receipts
-- Receipts that should not be, and those that are about to be recorded again.
DELETE FROM public.message_receipts AS r
USING rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'message_receipts'
    AND d.kind IN ('extra', 'changed')
    AND r.customer_id = d.customer_id AND r.event_id = d.id

-- name: list_absent_receipts
-- Events whose receipts are to be recorded.
SELECT d.id
FROM rebuild.differences AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'message_receipts'
    AND d.kind IN ('missing', 'changed')
ORDER BY d.id

-- name: write_message_ids
-- Message-IDs that were not there.
INSERT INTO public.email_message_ids (customer_id, channel_id, hash, value, content_hash)
SELECT r.customer_id, r.channel_id, r.hash, r.value, r.content_hash
FROM rebuild.differences AS d
JOIN rebuild.email_message_ids AS r
    ON r.customer_id = d.customer_id AND r.channel_id = d.channel_id AND r.hash = d.id
WHERE d.customer_id = %(customer_id)s::bigint AND d.part = 'email_message_ids'
ON CONFLICT (customer_id, channel_id, hash) DO UPDATE SET
    value = excluded.value, content_hash = excluded.content_hash

-- name: restore_handling
-- What people decided about conversations stays decided.
UPDATE public.conversations AS c
SET status = k.status, closed_at = k.closed_at, snoozed_until = k.snoozed_until,
    assignee_id = k.assignee_id
FROM rebuild.kept_conversations AS k
WHERE k.customer_id = %(customer_id)s::bigint
    AND c.customer_id = k.customer_id AND c.id = k.id
    AND (c.status, c.closed_at, c.snoozed_until, c.assignee_id)
        IS DISTINCT FROM (k.status, k.closed_at, k.snoozed_until, k.assignee_id)
