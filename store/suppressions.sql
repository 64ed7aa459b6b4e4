-- name: add_suppressions
-- Keep why nothing is sent to addresses; what is kept already changes nothing.
INSERT INTO suppressions (
    customer_id, id, address_hash, channel_id, reason, event_id, source, word, since, agent_id
)
SELECT
    t.customer_id, t.id, t.address_hash, t.channel_id, t.reason, t.event_id, t.source, t.word,
    t.since, t.agent_id
FROM unnest(
    %(customer_ids)b::bigint[], %(ids)b::uuid[], %(address_hashes)b::bigint[],
    %(channel_ids)b::uuid[], %(reasons)b::text[], %(event_ids)b::uuid[], %(sources)b::text[],
    %(words)b::text[], %(sinces)b::timestamptz[], %(agent_ids)b::uuid[]
) AS t (
    customer_id, id, address_hash, channel_id, reason, event_id, source, word, since, agent_id
)
ORDER BY t.customer_id, t.id
ON CONFLICT DO NOTHING
RETURNING customer_id, id

-- name: list_contacts_of_standing
-- Whose addresses these suppressions are of, of those that were not lifted since they happened.
SELECT DISTINCT s.customer_id, a.contact_id
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
JOIN standing_suppressions AS s ON s.customer_id = t.customer_id AND s.id = t.id
JOIN addresses AS a ON a.customer_id = s.customer_id AND a.hash = s.address_hash
WHERE a.contact_id IS NOT NULL
ORDER BY s.customer_id, a.contact_id

-- name: add_manual
-- Send nothing to an address from now on.
INSERT INTO suppressions (customer_id, id, address_hash, reason, since, agent_id)
VALUES (
    %(customer_id)s::bigint, %(id)s::uuid, %(address_hash)s::bigint, 'manual', now(),
    %(agent_id)s::uuid
)

-- name: find_suppression
-- Of which address a suppression is, whose that is, and whether it stands.
SELECT a.kind, a.value, s.address_hash, s.channel_id, a.contact_id, s.reason, n.id IS NOT NULL
FROM suppressions AS s
JOIN addresses AS a ON a.customer_id = s.customer_id AND a.hash = s.address_hash
LEFT JOIN standing_suppressions AS n ON n.customer_id = s.customer_id AND n.id = s.id
WHERE s.customer_id = %(customer_id)s::bigint AND s.id = %(id)s::uuid

-- name: lift
-- Let what has happened to an address count no more, though the clock of the web may be ahead.
INSERT INTO suppression_lifts (
    customer_id, id, address_hash, channel_id, source, lifted_at, agent_id
)
SELECT
    %(customer_id)s::bigint, %(id)s::uuid, %(address_hash)s::bigint, %(channel_id)s::uuid,
    CASE WHEN %(channel_id)s::uuid IS NOT NULL THEN 'manual' END,
    greatest(now(), max(s.since)), %(agent_id)s::uuid
FROM suppressions AS s
WHERE s.customer_id = %(customer_id)s::bigint AND s.address_hash = %(address_hash)s::bigint
    AND s.channel_id IS NOT DISTINCT FROM %(channel_id)s::uuid
RETURNING lifted_at

-- name: list_standing
-- Each address to which nothing is sent, with the most serious reason, as their words are ordered.
SELECT DISTINCT ON (a.value, s.address_hash, s.channel_id)
    s.id, a.kind, a.value AS address, a.contact_id, s.reason, s.since, s.channel_id, s.event_id,
    s.agent_id
FROM standing_suppressions AS s
JOIN addresses AS a ON a.customer_id = s.customer_id AND a.hash = s.address_hash
WHERE s.customer_id = %(customer_id)s::bigint
    AND (
        %(values)s::text[] IS NULL
        OR s.address_hash IN (
            SELECT w.hash
            FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS t (kind, value)
            JOIN addresses AS w
                ON w.customer_id = %(customer_id)s::bigint AND w.value = t.value
                    AND w.kind = t.kind
        )
    )
ORDER BY a.value, s.address_hash, s.channel_id, s.reason, s.since, s.id

-- name: list_page
-- A page of what stands, by id; only of these addresses.
SELECT
    s.id, a.kind, a.value AS address, a.contact_id, s.reason, s.since, s.channel_id, s.event_id,
    s.agent_id
FROM standing_suppressions AS s
JOIN addresses AS a ON a.customer_id = s.customer_id AND a.hash = s.address_hash
WHERE s.customer_id = %(customer_id)s::bigint
    AND s.id > %(after_id)s::uuid
    AND (
        %(values)s::text[] IS NULL
        OR s.address_hash IN (
            SELECT w.hash
            FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS t (kind, value)
            JOIN addresses AS w
                ON w.customer_id = %(customer_id)s::bigint AND w.value = t.value
                    AND w.kind = t.kind
        )
    )
ORDER BY s.id
LIMIT %(limit)s::integer

-- name: count_suppressed
-- To how many of these addresses a channel sends nothing, and how many of them have opted out.
SELECT
    count(DISTINCT s.address_hash),
    count(DISTINCT s.address_hash) FILTER (WHERE s.reason = 'opt_out')
FROM standing_suppressions AS s
WHERE s.customer_id = %(customer_id)s::bigint
    AND s.address_hash = ANY(%(address_hashes)s::bigint[])
    AND (s.channel_id IS NULL OR s.channel_id = %(channel_id)s::uuid)

-- name: count_suppressed_recipients
-- To how many recipients of a message nothing is sent, and how many of them have opted out.
SELECT
    count(DISTINCT s.address_hash),
    count(DISTINCT s.address_hash) FILTER (WHERE s.reason = 'opt_out')
FROM messages AS m
JOIN message_recipients AS r ON r.customer_id = m.customer_id AND r.message_id = m.id
JOIN standing_suppressions AS s
    ON s.customer_id = r.customer_id AND s.address_hash = r.address_hash
WHERE m.customer_id = %(customer_id)s::bigint AND m.id = %(message_id)s::uuid
    AND (s.channel_id IS NULL OR s.channel_id = m.channel_id)
