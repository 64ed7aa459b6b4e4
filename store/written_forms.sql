-- name: find_written_forms
-- In which form each of these numbers came in last on the channel of a message: as the sender's, else
-- among recipients.
SELECT
    a.value,
    coalesce(
        (
            SELECT m.from_written
            FROM messages AS m
            WHERE m.customer_id = a.customer_id AND m.channel_id = o.channel_id
                AND m.from_hash = a.hash AND m.from_written IS NOT NULL
            ORDER BY m.sent_at DESC, m.id DESC
            LIMIT 1
        ),
        (
            SELECT r.written
            FROM message_recipients AS r
            JOIN messages AS m ON m.customer_id = r.customer_id AND m.id = r.message_id
            WHERE r.customer_id = a.customer_id AND r.address_hash = a.hash
                AND r.written IS NOT NULL AND m.channel_id = o.channel_id
            ORDER BY r.message_id DESC
            LIMIT 1
        )
    )
FROM unnest(%(values)s::text[]) AS t (value)
JOIN addresses AS a ON a.customer_id = %(customer_id)s::bigint AND a.value = t.value
JOIN messages AS o ON o.customer_id = a.customer_id AND o.id = %(message_id)s::uuid
