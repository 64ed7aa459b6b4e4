-- name: forget_comparison
-- Begin a comparison with nothing.
TRUNCATE rebuild.families, rebuild.key_families, rebuild.lasting_copies, rebuild.answers,
    rebuild.explained, rebuild.address_map, rebuild.body_map, rebuild.own_hashes, rebuild.own_in_messages,
    rebuild.differences

-- name: list_decisions
-- Which conversations merges and splits tie together.
SELECT g.from_id, g.into_id
FROM public.conversation_merges AS g
WHERE g.customer_id = %(customer_id)s::bigint
UNION ALL
SELECT s.from_id, s.into_id
FROM public.conversation_splits AS s
WHERE s.customer_id = %(customer_id)s::bigint

-- name: insert_families
-- Note which conversations belong together.
INSERT INTO rebuild.families (customer_id, id, family)
SELECT %(customer_id)s::bigint, t.id, t.family
FROM unnest(%(ids)b::uuid[], %(families)b::uuid[]) AS t (id, family)

-- name: fill_key_families
-- Which keys those conversations have or had.
INSERT INTO rebuild.key_families (customer_id, channel_id, key_hash, family)
SELECT g.customer_id, g.channel_id, g.key_hash, f.family
FROM public.conversation_merges AS g
JOIN rebuild.families AS f ON f.customer_id = g.customer_id AND f.id = g.from_id
WHERE g.customer_id = %(customer_id)s::bigint AND g.key_hash IS NOT NULL
UNION
SELECT c.customer_id, c.channel_id, c.key_hash, f.family
FROM public.conversations AS c
JOIN rebuild.families AS f ON f.customer_id = c.customer_id AND f.id = c.id
WHERE c.customer_id = %(customer_id)s::bigint
UNION
SELECT d.customer_id, d.channel_id, d.key_hash, f.family
FROM rebuild.derived AS d
JOIN rebuild.families AS f ON f.customer_id = d.customer_id AND f.id = d.home
WHERE d.customer_id = %(customer_id)s::bigint AND d.kind = 'message'

-- name: forget_maps
-- Values are about to be looked up again.
TRUNCATE rebuild.address_map, rebuild.body_map, rebuild.own_hashes, rebuild.own_in_messages

-- name: map_addresses
-- Which hash each derived address has in public: hashes that collide are given in order of arrival.
INSERT INTO rebuild.address_map (customer_id, rebuilt, stored)
SELECT r.customer_id, r.hash, p.hash
FROM rebuild.addresses AS r
LEFT JOIN public.addresses AS p
    ON p.customer_id = r.customer_id AND p.value = r.value AND p.kind = r.kind
WHERE r.customer_id = %(customer_id)s::bigint

-- name: map_bodies
-- The same for texts.
INSERT INTO rebuild.body_map (customer_id, rebuilt, stored)
SELECT r.customer_id, r.hash, p.hash
FROM rebuild.bodies AS r
LEFT JOIN public.bodies AS p
    ON p.customer_id = r.customer_id AND p.hash = r.hash AND p.text = r.text
WHERE r.customer_id = %(customer_id)s::bigint

-- name: map_probed_bodies
-- Texts that are not under the hash they have here may be under another.
UPDATE rebuild.body_map AS b
SET stored = p.hash
FROM rebuild.bodies AS r
JOIN public.bodies AS p ON p.customer_id = r.customer_id AND p.text = r.text
WHERE b.customer_id = %(customer_id)s::bigint AND b.stored IS NULL
    AND r.customer_id = b.customer_id AND r.hash = b.rebuilt
    AND EXISTS (
        SELECT FROM rebuild.body_map AS o
        WHERE o.customer_id = %(customer_id)s::bigint AND o.stored IS NULL
    )

-- name: fill_own_addresses
-- Which addresses are the customer's own, on whatever channel.
INSERT INTO rebuild.own_hashes (customer_id, hash)
SELECT DISTINCT a.customer_id, a.hash
FROM public.own_addresses AS o
JOIN public.addresses AS a ON a.customer_id = o.customer_id AND a.value = o.value
WHERE o.customer_id = %(customer_id)s::bigint

-- name: fill_own_in_messages
-- Which own address each message came to or from; what the events no longer say is as it stands.
INSERT INTO rebuild.own_in_messages (customer_id, message_id, hash)
SELECT d.customer_id, d.event_id, a.hash
FROM rebuild.derived AS d
JOIN public.addresses AS a
    ON a.customer_id = d.customer_id AND a.value = d.own_address AND a.kind = d.own_kind
WHERE d.customer_id = %(customer_id)s::bigint AND d.kind = 'message'
UNION
SELECT m.customer_id, m.id, m.from_hash
FROM public.messages AS m
WHERE m.customer_id = %(customer_id)s::bigint AND m.direction = 'outbound'
    AND (%(channel_id)s::uuid IS NULL OR m.channel_id = %(channel_id)s::uuid)
UNION
SELECT m.customer_id, m.id, p.address_hash
FROM public.messages AS m
JOIN public.conversation_participants AS p
    ON p.customer_id = m.customer_id AND p.conversation_id = m.conversation_id AND p.role = 'own'
WHERE m.customer_id = %(customer_id)s::bigint AND m.direction = 'inbound'
    AND (%(channel_id)s::uuid IS NULL OR m.channel_id = %(channel_id)s::uuid)
    AND NOT EXISTS (
        SELECT FROM rebuild.derived AS d
        WHERE d.customer_id = m.customer_id AND d.event_id = m.id AND d.kind = 'message'
    )

-- name: fill_lasting_copies
-- Which events brought once more what no event tells of: it was written here, or is older.
INSERT INTO rebuild.lasting_copies (customer_id, event_id)
SELECT k.customer_id, k.event_id
FROM public.message_copies AS k
JOIN public.messages AS m ON m.customer_id = k.customer_id AND m.id = k.message_id
JOIN public.email_message_ids AS i
    ON i.customer_id = m.customer_id AND i.message_id = m.id AND i.channel_id = m.channel_id
JOIN rebuild.derived AS d
    ON d.customer_id = k.customer_id AND d.event_id = k.event_id
        AND d.channel_id = i.channel_id AND d.own_id = i.hash
WHERE k.customer_id = %(customer_id)s::bigint
    AND NOT EXISTS (
        SELECT FROM rebuild.derived AS g
        WHERE g.customer_id = m.customer_id AND g.event_id = m.id
    )

-- name: fill_answers
-- Which messages each mail refers to: those that were derived, and ours.
INSERT INTO rebuild.answers (customer_id, event_id, bearer_id)
SELECT r.customer_id, r.event_id, d.event_id
FROM rebuild.refs AS r
JOIN rebuild.derived AS d
    ON d.customer_id = r.customer_id AND d.channel_id = r.channel_id AND d.own_id = r.hash
WHERE r.customer_id = %(customer_id)s::bigint AND d.event_id <> r.event_id
UNION ALL
SELECT r.customer_id, r.event_id, i.message_id
FROM rebuild.refs AS r
JOIN public.email_message_ids AS i
    ON i.customer_id = r.customer_id AND i.channel_id = r.channel_id AND i.hash = r.hash
WHERE r.customer_id = %(customer_id)s::bigint AND i.message_id IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM rebuild.derived AS d
        WHERE d.customer_id = i.customer_id AND d.event_id = i.message_id
    )

-- name: analyze_comparison
-- Tell the planner how much that is.
ANALYZE rebuild.families, rebuild.key_families, rebuild.answers, rebuild.address_map,
    rebuild.body_map, rebuild.own_hashes, rebuild.own_in_messages

-- name: fill_explained
-- Messages whose conversation has their key, or had it before a merge or a split, and answers to
-- what is there for such a reason. Which generation it was is a decision of its time.
INSERT INTO rebuild.explained (customer_id, id)
WITH RECURSIVE placed AS MATERIALIZED (
    SELECT
        m.id, m.conversation_id, c.channel_id, c.key_hash,
        coalesce(f.family, m.conversation_id) AS family
    FROM public.messages AS m
    JOIN public.conversations AS c ON c.customer_id = m.customer_id AND c.id = m.conversation_id
    LEFT JOIN rebuild.families AS f
        ON f.customer_id = m.customer_id AND f.id = m.conversation_id
    WHERE m.customer_id = %(customer_id)s::bigint
),
-- Messages that are missing still explain the answers to them, where they would be.
begun AS MATERIALIZED (
    SELECT d.event_id AS id, v.family
    FROM rebuild.derived AS d
    JOIN (
        SELECT c.channel_id, c.key_hash, c.id AS family
        FROM public.conversations AS c
        WHERE c.customer_id = %(customer_id)s::bigint
        UNION ALL
        SELECT k.channel_id, k.key_hash, k.family
        FROM rebuild.key_families AS k
        WHERE k.customer_id = %(customer_id)s::bigint
    ) AS v ON v.channel_id = d.channel_id AND v.key_hash = d.key_hash
    WHERE d.customer_id = %(customer_id)s::bigint AND d.kind = 'message'
        AND NOT EXISTS (
            SELECT FROM public.messages AS m
            WHERE m.customer_id = d.customer_id AND m.id = d.event_id
        )
),
explained (id, family) AS (
    SELECT p.id, p.family
    FROM placed AS p
    LEFT JOIN rebuild.derived AS d
        ON d.customer_id = %(customer_id)s::bigint AND d.event_id = p.id AND d.kind = 'message'
    LEFT JOIN rebuild.key_families AS k
        ON k.customer_id = d.customer_id AND k.family = p.family
            AND k.channel_id = d.channel_id AND k.key_hash = d.key_hash
    WHERE d.event_id IS NULL
        OR (d.channel_id = p.channel_id AND (d.key_hash = p.key_hash OR k.family IS NOT NULL))
    UNION
    SELECT b.id, b.family
    FROM begun AS b
    UNION
    SELECT a.event_id, x.family
    FROM explained AS x
    JOIN rebuild.answers AS a
        ON a.customer_id = %(customer_id)s::bigint AND a.bearer_id = x.id
    LEFT JOIN placed AS p ON p.id = a.event_id
    WHERE p.id IS NULL OR p.family = x.family
)
SELECT DISTINCT %(customer_id)s::bigint, x.id
FROM explained AS x

-- name: analyze_explained
-- Tell the planner how many those are.
ANALYZE rebuild.explained
