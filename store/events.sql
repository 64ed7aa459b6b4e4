-- name: record_events
-- Keep new events and queue them in one statement; what the channel has already is left alone.
WITH recorded AS (
    INSERT INTO inbound_events (
        customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key,
        signature, headers, content_type, body, received_at
    )
    SELECT
        t.customer_id, t.id, t.channel_id, t.provider, t.kind, t.provider_message_id, t.dedup_key,
        t.signature, t.headers, t.content_type, t.body, t.received_at
    FROM unnest(
        %(customer_ids)b::bigint[], %(ids)b::uuid[], %(channel_ids)b::uuid[],
        %(providers)b::text[], %(kinds)b::text[], %(provider_message_ids)b::text[],
        %(dedup_keys)b::text[], %(signatures)b::text[], %(headers)b::jsonb[],
        %(content_types)b::text[], %(bodies)b::bytea[], %(received_ats)b::timestamptz[]
    ) AS t (
        customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key,
        signature, headers, content_type, body, received_at
    )
    ORDER BY t.customer_id, t.channel_id, t.dedup_key
    ON CONFLICT DO NOTHING
    RETURNING customer_id, id
),
queued AS (
    INSERT INTO inbound_queue (customer_id, event_id)
    SELECT r.customer_id, r.id FROM recorded AS r
)
SELECT count(*) FROM recorded
