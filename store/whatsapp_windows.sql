-- name: count_closed
-- To how many of these addresses of WhatsApp an own address may not answer: they have not written to
-- it since a time, on this channel.
SELECT count(*)
FROM addresses AS a
WHERE a.customer_id = %(customer_id)s::bigint AND a.hash = ANY (%(address_hashes)s::bigint[])
    AND a.kind = 'handle' AND starts_with(lower(a.value), 'whatsapp:')
    AND NOT EXISTS (
        SELECT FROM messages AS m
        JOIN message_recipients AS r ON r.customer_id = m.customer_id AND r.message_id = m.id
        WHERE m.customer_id = a.customer_id AND m.channel_id = %(channel_id)s::uuid
            AND m.from_hash = a.hash AND m.received_at > %(since)s::timestamptz
            AND m.kind = 'whatsapp' AND m.direction = 'inbound'
            AND r.address_hash = %(own_hash)s::bigint
    )

-- name: count_closed_recipients
-- The same of the recipients of a message of ours, and the own address that it leaves from.
SELECT count(DISTINCT a.hash)
FROM messages AS w
JOIN message_recipients AS t ON t.customer_id = w.customer_id AND t.message_id = w.id
JOIN addresses AS a ON a.customer_id = t.customer_id AND a.hash = t.address_hash
WHERE w.customer_id = %(customer_id)s::bigint AND w.id = %(message_id)s::uuid
    AND a.kind = 'handle' AND starts_with(lower(a.value), 'whatsapp:')
    AND NOT EXISTS (
        SELECT FROM messages AS m
        JOIN message_recipients AS r ON r.customer_id = m.customer_id AND r.message_id = m.id
        WHERE m.customer_id = a.customer_id AND m.channel_id = w.channel_id
            AND m.from_hash = a.hash AND m.received_at > %(since)s::timestamptz
            AND m.kind = 'whatsapp' AND m.direction = 'inbound'
            AND r.address_hash = w.from_hash
    )

-- name: list_last_written
-- When somebody at an address of WhatsApp last wrote to an own address of a channel, of each of these
-- who has.
SELECT t.nth, l.received_at
FROM unnest(%(channel_ids)s::uuid[], %(own_addresses)s::text[], %(addresses)s::text[])
    WITH ORDINALITY AS t (channel_id, own_address, address, nth)
JOIN addresses AS a
    ON a.customer_id = %(customer_id)s::bigint AND a.value = t.address AND a.kind = 'handle'
CROSS JOIN LATERAL (
    SELECT m.received_at
    FROM messages AS m
    WHERE m.customer_id = a.customer_id AND m.channel_id = t.channel_id AND m.from_hash = a.hash
        AND m.kind = 'whatsapp' AND m.direction = 'inbound'
        AND EXISTS (
            SELECT FROM message_recipients AS r
            JOIN addresses AS o ON o.customer_id = r.customer_id AND o.hash = r.address_hash
            WHERE r.customer_id = m.customer_id AND r.message_id = m.id
                AND o.value = t.own_address
        )
    ORDER BY m.received_at DESC
    LIMIT 1
) AS l
