-- name: list_states
-- Of each address of a contact and each channel that texts it: whether it has opted out, and by what.
-- Where nothing was said, where they have talked.
WITH pairs AS (
    SELECT a.hash, l.channel_id
    FROM addresses AS a
    JOIN consent_records AS l ON l.customer_id = a.customer_id AND l.address_hash = a.hash
    WHERE a.customer_id = %(customer_id)s::bigint AND a.contact_id = %(contact_id)s::uuid
    UNION
    SELECT a.hash, c.channel_id
    FROM addresses AS a
    JOIN conversation_participants AS p
        ON p.customer_id = a.customer_id AND p.address_hash = a.hash
    JOIN conversations AS c ON c.customer_id = p.customer_id AND c.id = p.conversation_id
    WHERE a.customer_id = %(customer_id)s::bigint AND a.contact_id = %(contact_id)s::uuid
        AND a.kind <> 'email'
)
SELECT
    a.kind, a.value AS address, h.id AS channel_id, h.name AS channel_name,
    CASE WHEN o.id IS NOT NULL THEN 'opted_out' WHEN i.id IS NOT NULL THEN 'opted_in' ELSE 'none' END
        AS state,
    o.id AS suppression_id, coalesce(o.since, i.at) AS since, coalesce(s.source, i.source) AS source,
    CASE WHEN o.id IS NOT NULL THEN s.word ELSE i.word END AS word
FROM pairs AS p
JOIN addresses AS a ON a.customer_id = %(customer_id)s::bigint AND a.hash = p.hash
JOIN channels AS h
    ON h.customer_id = %(customer_id)s::bigint AND h.id = p.channel_id AND h.kind = 'sms'
LEFT JOIN LATERAL (
    SELECT n.id, n.since
    FROM standing_suppressions AS n
    WHERE n.customer_id = a.customer_id AND n.address_hash = a.hash AND n.channel_id = h.id
    ORDER BY n.since, n.id
    LIMIT 1
) AS o ON true
LEFT JOIN suppressions AS s ON s.customer_id = a.customer_id AND s.id = o.id
LEFT JOIN LATERAL (
    SELECT l.id, l.at, l.source, l.word
    FROM consent_records AS l
    WHERE l.customer_id = a.customer_id AND l.address_hash = a.hash AND l.channel_id = h.id
        AND l.consent = 'opt_in'
        AND l.at >= coalesce(
            (
                SELECT max(b.since)
                FROM suppressions AS b
                WHERE b.customer_id = a.customer_id AND b.address_hash = a.hash
                    AND b.channel_id = h.id
            ),
            l.at
        )
    ORDER BY l.at, l.id
    LIMIT 1
) AS i ON o.id IS NULL
ORDER BY a.value, a.hash, h.name, h.id
LIMIT %(limit)s::integer

-- name: list_records
-- What the addresses of a contact say of being texted, the newest first.
SELECT
    l.id, a.kind, a.value AS address, l.channel_id, l.consent, l.source, l.word, l.at, l.event_id,
    l.agent_id
FROM addresses AS a
JOIN consent_records AS l ON l.customer_id = a.customer_id AND l.address_hash = a.hash
WHERE a.customer_id = %(customer_id)s::bigint AND a.contact_id = %(contact_id)s::uuid
    AND (l.at, l.id) < (%(edge_at)s::timestamptz, %(edge_id)s::uuid)
ORDER BY l.at DESC, l.id DESC
LIMIT %(limit)s::integer
