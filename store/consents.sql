-- name: add_opt_ins
-- Let opt-outs of before count no more; what is kept already changes nothing.
INSERT INTO suppression_lifts (
    customer_id, id, address_hash, channel_id, event_id, source, word, lifted_at
)
SELECT t.customer_id, t.id, t.address_hash, t.channel_id, t.event_id, t.source, t.word, t.at
FROM unnest(
    %(customer_ids)b::bigint[], %(ids)b::uuid[], %(address_hashes)b::bigint[],
    %(channel_ids)b::uuid[], %(event_ids)b::uuid[], %(sources)b::text[], %(words)b::text[],
    %(ats)b::timestamptz[]
) AS t (customer_id, id, address_hash, channel_id, event_id, source, word, at)
ORDER BY t.customer_id, t.id
ON CONFLICT DO NOTHING
RETURNING customer_id, id

-- name: add_help_requests
-- Keep who asked for help; what is kept already changes nothing.
INSERT INTO help_requests (
    customer_id, id, address_hash, channel_id, event_id, source, word, asked_at
)
SELECT t.customer_id, t.id, t.address_hash, t.channel_id, t.event_id, t.source, t.word, t.at
FROM unnest(
    %(customer_ids)b::bigint[], %(ids)b::uuid[], %(address_hashes)b::bigint[],
    %(channel_ids)b::uuid[], %(event_ids)b::uuid[], %(sources)b::text[], %(words)b::text[],
    %(ats)b::timestamptz[]
) AS t (customer_id, id, address_hash, channel_id, event_id, source, word, at)
ORDER BY t.customer_id, t.id
ON CONFLICT DO NOTHING
RETURNING customer_id, id

-- name: list_contacts_of_lifts
-- Whose addresses these lifts are of, of those that had anything to lift.
SELECT DISTINCT l.customer_id, a.contact_id
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
JOIN suppression_lifts AS l ON l.customer_id = t.customer_id AND l.id = t.id
JOIN addresses AS a ON a.customer_id = l.customer_id AND a.hash = l.address_hash
WHERE a.contact_id IS NOT NULL
    AND EXISTS (
        SELECT FROM suppressions AS s
        WHERE s.customer_id = l.customer_id AND s.address_hash = l.address_hash
            AND s.channel_id = l.channel_id AND s.since < l.lifted_at
    )
ORDER BY l.customer_id, a.contact_id

-- name: list_refused_recipients
-- To whom texts would go, by which channel, and when the last try at each began. Of a group nobody
-- says whose opt-out it is.
SELECT m.customer_id, m.id, m.channel_id, a.kind, a.value, l.attempt, l.started_at
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
JOIN messages AS m ON m.customer_id = t.customer_id AND m.id = t.id
JOIN message_recipients AS r ON r.customer_id = m.customer_id AND r.message_id = m.id
JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
JOIN LATERAL (
    SELECT o.attempt, o.started_at
    FROM outbound_attempts AS o
    WHERE o.customer_id = m.customer_id AND o.message_id = m.id
    ORDER BY o.attempt DESC
    LIMIT 1
) AS l ON true
WHERE NOT EXISTS (
    SELECT FROM message_recipients AS g
    WHERE g.customer_id = r.customer_id AND g.message_id = r.message_id
        AND g.address_hash <> r.address_hash
)

-- name: list_messages_of_receipts
-- What these receipts are about, of what we sent; not of a try before the last, which may be long ago.
SELECT DISTINCT p.customer_id, p.message_id
FROM unnest(%(customer_ids)b::bigint[], %(event_ids)b::uuid[]) AS t (customer_id, event_id)
JOIN message_receipts AS p ON p.customer_id = t.customer_id AND p.event_id = t.event_id
JOIN messages AS m ON m.customer_id = p.customer_id AND m.id = p.message_id
WHERE m.provider_message_id = p.provider_message_id
