-- name: list_channels_at_work
-- A customer's channels by name, with when each was last heard of and what it took and refused.
SELECT
    c.id, c.name, c.kind, c.provider, c.own_address, o.further_addresses,
    c.signature_mode, c.disabled_at, c.silence_minutes, c.created_at, a.last_accepted_at, a.last_rejected_at, a.last_rejected_reason,
    h.accepted, h.duplicates, h.rejected, h.unreadable, h.events_in_week,
    r.every_minutes AS reconcile_minutes, r.ended_at AS reconciled_at, r.new_count AS reconciled_new,
    r.detail AS reconcile_failure
FROM channels AS c
JOIN addresses_of_channels AS o ON o.customer_id = c.customer_id AND o.channel_id = c.id
LEFT JOIN channel_activity AS a ON a.customer_id = c.customer_id AND a.channel_id = c.id
LEFT JOIN reconciliations AS r ON r.customer_id = c.customer_id AND r.channel_id = c.id
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(h.accepted) FILTER (WHERE h.hour > now() - interval '1 day'), 0)::bigint
            AS accepted,
        coalesce(sum(h.duplicates) FILTER (WHERE h.hour > now() - interval '1 day'), 0)::bigint
            AS duplicates,
        coalesce(sum(h.rejected) FILTER (WHERE h.hour > now() - interval '1 day'), 0)::bigint
            AS rejected,
        coalesce(sum(h.unreadable) FILTER (WHERE h.hour > now() - interval '1 day'), 0)::bigint
            AS unreadable,
        coalesce(sum(h.accepted), 0)::bigint AS events_in_week
    FROM channel_hours AS h
    WHERE h.customer_id = c.customer_id
        AND h.channel_id = c.id
        AND h.hour > now() - interval '7 days'
) AS h
WHERE c.customer_id = %(customer_id)s::bigint
    AND (%(after_name)s::text IS NULL OR c.name > %(after_name)s::text)
ORDER BY c.name
LIMIT %(row_count)s::bigint
