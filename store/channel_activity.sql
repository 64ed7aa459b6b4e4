-- name: add_channel_hours
-- Add what channels took and refused to their hours; what belongs to no channel is left out.
INSERT INTO channel_hours AS h (
    customer_id, channel_id, hour, accepted, duplicates, rejected, unreadable
)
SELECT
    t.customer_id, t.channel_id, t.hour, t.accepted, t.duplicates, t.rejected, t.unreadable
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(hours)b::timestamptz[],
    %(accepted)b::bigint[], %(duplicates)b::bigint[], %(rejected)b::bigint[],
    %(unreadable)b::bigint[]
) AS t (customer_id, channel_id, hour, accepted, duplicates, rejected, unreadable)
JOIN channels AS c ON c.customer_id = t.customer_id AND c.id = t.channel_id
ORDER BY t.customer_id, t.channel_id, t.hour
ON CONFLICT (customer_id, channel_id, hour) DO UPDATE SET
    accepted = h.accepted + excluded.accepted,
    duplicates = h.duplicates + excluded.duplicates,
    rejected = h.rejected + excluded.rejected,
    unreadable = h.unreadable + excluded.unreadable

-- name: note_channel_activity
-- Move the times of channels on; one that is older than what is known changes nothing.
INSERT INTO channel_activity AS a (
    customer_id, channel_id, last_accepted_at, last_rejected_at, last_rejected_reason
)
SELECT
    t.customer_id, t.channel_id, max(t.last_accepted_at), max(t.last_rejected_at),
    (array_agg(t.last_rejected_reason ORDER BY t.last_rejected_at DESC NULLS LAST))[1]
FROM unnest(
    %(customer_ids)b::bigint[], %(channel_ids)b::uuid[], %(last_accepted_ats)b::timestamptz[],
    %(last_rejected_ats)b::timestamptz[], %(last_rejected_reasons)b::text[]
) AS t (customer_id, channel_id, last_accepted_at, last_rejected_at, last_rejected_reason)
JOIN channels AS c ON c.customer_id = t.customer_id AND c.id = t.channel_id
GROUP BY t.customer_id, t.channel_id
ORDER BY t.customer_id, t.channel_id
ON CONFLICT (customer_id, channel_id) DO UPDATE SET
    last_accepted_at = greatest(a.last_accepted_at, excluded.last_accepted_at),
    last_rejected_at = greatest(a.last_rejected_at, excluded.last_rejected_at),
    last_rejected_reason = CASE
        WHEN excluded.last_rejected_at >= coalesce(a.last_rejected_at, '-infinity')
            THEN excluded.last_rejected_reason
        ELSE a.last_rejected_reason
    END
