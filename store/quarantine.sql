-- name: quarantine
-- Keep a refused delivery for people to look at, and forget the channel's oldest beyond the caps.
WITH kept AS (
    INSERT INTO quarantined_deliveries (
        customer_id, id, channel_id, reason, method, url, headers, body, body_bytes, received_at
    )
    VALUES (
        %(customer_id)s::bigint, %(id)s::uuid, %(channel_id)s::uuid, %(reason)s::text,
        %(method)s::text, %(url)s::text,
        %(headers)s::text::jsonb || jsonb_strip_nulls(
            jsonb_build_object('content-type', %(content_type)s::text)
        ),
        %(body)b::bytea, %(body_bytes)s::bigint, %(received_at)s::timestamptz
    )
)
DELETE FROM quarantined_deliveries AS d
WHERE d.customer_id = %(customer_id)s::bigint AND d.id IN (
    SELECT o.id
    FROM (
        SELECT
            q.id,
            row_number() OVER (ORDER BY q.id DESC) AS position,
            sum(octet_length(q.body)) OVER (ORDER BY q.id DESC) AS bytes_so_far
        FROM quarantined_deliveries AS q
        WHERE q.customer_id = %(customer_id)s::bigint AND q.channel_id = %(channel_id)s::uuid
    ) AS o
    WHERE o.position > %(most)s::bigint - 1
        OR o.bytes_so_far > %(most_bytes)s::bigint - %(kept_bytes)s::bigint
)

-- name: list_quarantined
-- List refused deliveries, latest first, below a given one, by any of the filters.
SELECT
    q.id, q.channel_id, c.name AS channel_name, c.provider, q.reason, q.method,
    octet_length(q.body) AS kept_bytes, q.body_bytes, q.received_at, q.released_at
FROM quarantined_deliveries AS q
JOIN channels AS c ON c.customer_id = q.customer_id AND c.id = q.channel_id
WHERE q.customer_id = %(customer_id)s::bigint
    AND (%(channel_id)s::uuid IS NULL OR q.channel_id = %(channel_id)s::uuid)
    AND (%(reason)s::text IS NULL OR q.reason = %(reason)s::text)
    AND (%(since)s::timestamptz IS NULL OR q.received_at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR q.received_at < %(until)s::timestamptz)
    AND (
        %(is_released)s::boolean IS NULL
        OR (q.released_at IS NOT NULL) = %(is_released)s::boolean
    )
    AND q.id < coalesce(%(before)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY q.id DESC
LIMIT %(limit)s::bigint

-- name: find_quarantined
-- Find one refused delivery whole.
SELECT
    q.id, q.channel_id, c.name, c.provider, q.reason, q.method, octet_length(q.body),
    q.body_bytes, q.received_at, q.released_at, q.url, q.headers, q.body
FROM quarantined_deliveries AS q
JOIN channels AS c ON c.customer_id = q.customer_id AND c.id = q.channel_id
WHERE q.customer_id = %(customer_id)s::bigint AND q.id = %(id)s::uuid

-- name: hold_quarantined
-- Lock one refused delivery.
SELECT q.id
FROM quarantined_deliveries AS q
WHERE q.customer_id = %(customer_id)s::bigint AND q.id = %(id)s::uuid
FOR UPDATE

-- name: mark_released
-- Note that a refused delivery was let through after all.
UPDATE quarantined_deliveries AS q
SET released_at = now()
WHERE q.customer_id = %(customer_id)s::bigint AND q.id = %(id)s::uuid
