-- name: find_answering
-- From which own address an answer in each of these conversations leaves: that which was written to
-- last, else that which wrote last, else the first of the channel. A mail leaves only from an
-- address of its channel; the numbers of a channel need not be listed.
SELECT DISTINCT ON (c.id) c.id, a.kind, a.value
FROM unnest(%(conversation_ids)s::uuid[]) AS wanted (id)
JOIN conversations AS c ON c.customer_id = %(customer_id)s::bigint AND c.id = wanted.id
JOIN channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
JOIN conversation_participants AS p
    ON p.customer_id = c.customer_id AND p.conversation_id = c.id AND p.role = 'own'
JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
LEFT JOIN messages AS i
    ON i.customer_id = c.customer_id AND i.conversation_id = c.id AND i.seq = c.last_inbound_seq
LEFT JOIN channel_addresses AS f
    ON f.customer_id = ch.customer_id AND f.channel_id = ch.id AND f.value = a.value
LEFT JOIN LATERAL (
    SELECT m.from_hash
    FROM messages AS m
    WHERE m.customer_id = c.customer_id AND m.conversation_id = c.id
        AND m.direction = 'outbound' AND m.status <> 'canceled'
        AND c.last_outbound_at IS NOT NULL
    ORDER BY m.seq DESC
    LIMIT 1
) AS o ON true
WHERE ch.kind = 'sms' OR a.value = ch.own_address OR f.value IS NOT NULL
ORDER BY
    c.id,
    EXISTS (
        SELECT FROM message_recipients AS r
        WHERE r.customer_id = i.customer_id AND r.message_id = i.id AND r.address_hash = a.hash
    ) DESC,
    o.from_hash IS NOT DISTINCT FROM a.hash DESC,
    a.value <> ch.own_address,
    f.value IS NULL,
    a.value
