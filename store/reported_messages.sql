-- name: find_reported_messages
-- Mails of ours by their Message-IDs. What is sent is no event's, so a rebuild, too, looks in public.
SELECT
    i.customer_id, i.channel_id, i.hash, coalesce(m.provider_message_id, m.id::text),
    ARRAY(
        SELECT a.value
        FROM public.message_recipients AS r
        JOIN public.addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
        WHERE r.customer_id = m.customer_id AND r.message_id = m.id
        ORDER BY a.value
    )
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(hashes)b::uuid[]
) AS t (customer_id, channel_id, hash)
JOIN public.email_message_ids AS i
    ON i.customer_id = t.customer_id AND i.channel_id = t.channel_id AND i.hash = t.hash
JOIN public.messages AS m ON m.customer_id = i.customer_id AND m.id = i.message_id
WHERE m.direction = 'outbound' AND m.event_id IS NULL
