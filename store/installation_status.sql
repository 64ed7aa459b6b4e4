-- name: lane_depths
-- How much waits in each lane, and for how long its oldest due event has.
SELECT
    l.lane, count(q.event_id),
    coalesce(extract(epoch FROM now() - min(q.next_attempt_at)), 0)::double precision
FROM generate_series(0, 3) AS l (lane)
LEFT JOIN inbound_queue AS q ON q.lane = l.lane
GROUP BY l.lane
ORDER BY l.lane

-- name: dead_rows
-- How many rows of the busiest tables are dead and not yet cleared, as far as Postgres knows.
SELECT c.relname::text, pg_stat_get_dead_tuples(c.oid)
FROM unnest(ARRAY[
    'inbound_queue', 'inbound_events', 'conversations', 'messages', 'outbox', 'outbound_queue'
]::regclass[]) AS t (oid)
JOIN pg_class AS c ON c.oid = t.oid
ORDER BY c.relname

-- name: totals
-- What waits for people, what the web processes hold, and who works.
SELECT
    (SELECT count(*) FROM dead_letters AS d WHERE d.resolution IS NULL),
    (SELECT count(*) FROM quarantined_deliveries AS q WHERE q.released_at IS NULL),
    longest_transaction_seconds(),
    (SELECT count(*) FROM workers AS k WHERE k.seen_at > now() - interval '1 minute'),
    w.seen, w.spooled, w.oldest_seconds
FROM (
    SELECT
        count(*) FILTER (WHERE p.seen_at > now() - interval '1 minute') AS seen,
        coalesce(
            sum(p.spool_rows) FILTER (WHERE p.seen_at > now() - interval '1 minute'), 0
        )::bigint AS spooled,
        coalesce(extract(epoch FROM now() - min(p.spool_oldest_at)
            FILTER (WHERE p.seen_at > now() - interval '1 minute')), 0)::double precision
            AS oldest_seconds
    FROM web_processes AS p
) AS w

-- name: quiet_channels
-- Channels that may be silent for too long, with how often each was heard in a week.
SELECT
    a.customer_id, c.id, c.name, a.last_accepted_at, c.silence_minutes,
    coalesce((
        SELECT sum(h.accepted)
        FROM channel_hours AS h
        WHERE h.customer_id = a.customer_id
            AND h.channel_id = a.channel_id
            AND h.hour > now() - interval '7 days'
    ), 0)::bigint AS events_in_week
FROM channel_activity AS a
JOIN channels AS c ON c.customer_id = a.customer_id AND c.id = a.channel_id
WHERE a.last_accepted_at < now() - make_interval(mins => coalesce(c.silence_minutes, 60))
    AND c.disabled_at IS NULL
ORDER BY a.customer_id, c.name
