-- name: resolve_filter
-- What filters mean here: which channels, which address hashes, and how many conversations each has.
-- Counting stops at `most`. The only own address of a channel stands for all of its conversations.
WITH channel AS (
    SELECT
        ch.id, ch.own_address,
        EXISTS (
            SELECT FROM channel_addresses AS f
            WHERE f.customer_id = ch.customer_id AND f.channel_id = ch.id
        ) AS has_several
    FROM channels AS ch
    WHERE ch.customer_id = %(customer_id)s
      AND (%(channel_id)s::uuid IS NULL OR ch.id = %(channel_id)s::uuid)
      AND (%(channel_kind)s::text IS NULL OR ch.kind = %(channel_kind)s::text)
),
meant AS (
    SELECT a.hash
    FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS asked (kind, value)
    JOIN addresses AS a
        ON a.customer_id = %(customer_id)s AND a.value = asked.value AND a.kind = asked.kind
),
theirs AS (
    SELECT a.hash
    FROM addresses AS a
    WHERE a.customer_id = %(customer_id)s
      AND a.contact_id = (
          SELECT coalesce(ct.merged_into, ct.id) FROM contacts AS ct
          WHERE ct.customer_id = %(customer_id)s AND ct.id = %(contact_id)s::uuid
      )
)
SELECT
    (SELECT coalesce(array_agg(ch.id), '{}') FROM channel AS ch) AS channel_ids,
    (
        SELECT coalesce(array_agg(ch.id), '{}') FROM channel AS ch
        WHERE ch.own_address = ANY (%(values)s::text[]) AND NOT ch.has_several
    ) AS own_channel_ids,
    EXISTS (
        SELECT FROM channels AS ch
        WHERE ch.customer_id = %(customer_id)s AND ch.own_address = ANY (%(values)s::text[])
          AND NOT EXISTS (
              SELECT FROM channel_addresses AS f
              WHERE f.customer_id = ch.customer_id AND f.channel_id = ch.id
          )
    ) AS is_own,
    (SELECT coalesce(array_agg(m.hash), '{}') FROM meant AS m) AS address_hashes,
    (
        SELECT count(*) FROM (
            SELECT FROM meant AS m
            JOIN conversation_participants AS p
                ON p.customer_id = %(customer_id)s AND p.address_hash = m.hash
            LIMIT %(most)s::bigint
        ) AS counted
    ) AS address_count,
    (SELECT coalesce(array_agg(t.hash), '{}') FROM theirs AS t) AS contact_hashes,
    (
        SELECT count(*) FROM (
            SELECT FROM theirs AS t
            JOIN conversation_participants AS p
                ON p.customer_id = %(customer_id)s AND p.address_hash = t.hash
            LIMIT %(most)s::bigint
        ) AS counted
    ) AS contact_count,
    ARRAY(
        SELECT (
            SELECT count(*) FROM (
                SELECT FROM conversation_tags AS t
                WHERE t.customer_id = %(customer_id)s AND t.tag = asked.tag
                LIMIT %(most)s::bigint
            ) AS counted
        )
        FROM unnest(%(tags)s::text[]) WITH ORDINALITY AS asked (tag, place)
        ORDER BY asked.place
    ) AS tag_counts
