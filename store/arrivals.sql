-- name: count_arrivals
-- Count what came to channels: messages made, receipts, what waits, and events that ever failed.
SELECT
    e.channel_id::text AS channel_id,
    count(m.id) AS messages,
    count(*) FILTER (WHERE e.kind = 'receipt') AS receipts,
    count(q.event_id) AS waiting,
    count(*) FILTER (WHERE d.event_id IS NOT NULL OR f.event_id IS NOT NULL) AS failed
FROM inbound_events AS e
LEFT JOIN messages AS m ON m.customer_id = e.customer_id AND m.id = e.id
LEFT JOIN inbound_queue AS q ON q.customer_id = e.customer_id AND q.event_id = e.id
LEFT JOIN dead_letters AS d ON d.customer_id = e.customer_id AND d.event_id = e.id
LEFT JOIN inbound_failures AS f
    ON f.customer_id = e.customer_id AND f.event_id = e.id AND f.attempt = 1
WHERE e.customer_id = %(customer_id)s AND e.channel_id = ANY (%(channel_ids)s::uuid[])
GROUP BY e.channel_id

-- name: count_waiting
-- Count what waits of channels.
SELECT count(*)
FROM inbound_queue AS q
JOIN inbound_events AS e ON e.customer_id = q.customer_id AND e.id = q.event_id
WHERE q.customer_id = %(customer_id)s AND e.channel_id = ANY (%(channel_ids)s::uuid[])
