-- name: record_events
-- Keep new events and queue them in one statement; what the channel has already is left alone.
WITH recorded AS (
    INSERT INTO inbound_events (
        customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key,
        signature, headers, content_type, body, received_at
    )
    SELECT
        t.customer_id, t.id, t.channel_id, t.provider, t.kind, t.provider_message_id, t.dedup_key,
        t.signature, t.headers, t.content_type, coalesce(t.body, %(large_body)b::bytea),
        t.received_at
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
    RETURNING customer_id, id, channel_id
),
queued AS (
    INSERT INTO inbound_queue (customer_id, event_id)
    SELECT r.customer_id, r.id FROM recorded AS r
)
SELECT f.channel_id, count(*) FROM recorded AS f GROUP BY f.channel_id

-- name: record_traced_events
-- The same for events of traced requests: the trace context goes with what is queued.
WITH recorded AS (
    INSERT INTO inbound_events (
        customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key,
        signature, headers, content_type, body, received_at
    )
    SELECT
        t.customer_id, t.id, t.channel_id, t.provider, t.kind, t.provider_message_id, t.dedup_key,
        t.signature, t.headers, t.content_type, coalesce(t.body, %(large_body)b::bytea),
        t.received_at
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
    RETURNING customer_id, id, channel_id
),
queued AS (
    INSERT INTO inbound_queue (customer_id, event_id, traceparent)
    SELECT r.customer_id, r.id, p.traceparent
    FROM recorded AS r
    JOIN unnest(%(ids)b::uuid[], %(traceparents)b::text[]) AS p (id, traceparent) ON p.id = r.id
)
SELECT f.channel_id, count(*) FROM recorded AS f GROUP BY f.channel_id

-- name: limit_statement
-- Give up statements of this transaction that take longer.
SELECT set_config('statement_timeout', %(timeout)s::text, true)
