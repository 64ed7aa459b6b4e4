-- name: quarantine
-- Keep a refused delivery for people to look at, and forget the channel's oldest beyond the cap.
WITH kept AS (
    INSERT INTO quarantined_deliveries (
        customer_id, id, channel_id, reason, method, url, headers, body, body_bytes, received_at
    )
    VALUES (
        %(customer_id)s, %(id)s, %(channel_id)s, %(reason)s, %(method)s, %(url)s,
        %(headers)s::text::jsonb, %(body)s, %(body_bytes)s, %(received_at)s
    )
)
DELETE FROM quarantined_deliveries AS d
WHERE d.customer_id = %(customer_id)s AND d.id IN (
    SELECT q.id
    FROM quarantined_deliveries AS q
    WHERE q.customer_id = %(customer_id)s AND q.channel_id = %(channel_id)s
    ORDER BY q.id DESC
    OFFSET %(most)s - 1
)
