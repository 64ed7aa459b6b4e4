-- name: find_customer
-- The customer of this name, where whoever asks may see it.
SELECT c.id FROM analytics.customers AS c WHERE c.name = %(name)s::text

-- name: read_version
-- Which version of the contract the views have.
SELECT version FROM analytics.contract

-- name: conversation_overview
-- The conversations in which there was something last within a time.
SELECT v.* FROM analytics.conversation_overview AS v
WHERE v.customer_id = %(customer_id)s::bigint
    AND v.last_message_at >= %(from_at)s::timestamptz
    AND v.last_message_at < %(until_at)s::timestamptz
ORDER BY v.last_message_at, v.conversation_id

-- name: conversation_messages
-- The messages of a time.
SELECT v.* FROM analytics.conversation_messages AS v
WHERE v.customer_id = %(customer_id)s::bigint
    AND v.received_at >= %(from_at)s::timestamptz
    AND v.received_at < %(until_at)s::timestamptz
ORDER BY v.received_at, v.message_id

-- name: response_times
-- The stretches of waiting that began within a time.
SELECT v.* FROM analytics.response_times AS v
WHERE v.customer_id = %(customer_id)s::bigint
    AND v.waiting_since >= %(from_at)s::timestamptz
    AND v.waiting_since < %(until_at)s::timestamptz
ORDER BY v.waiting_since, v.message_id

-- name: resolution_times
-- The closings of a time, and what is open.
SELECT v.* FROM analytics.resolution_times AS v
WHERE v.customer_id = %(customer_id)s::bigint
    AND (
        v.closed_at >= %(from_at)s::timestamptz AND v.closed_at < %(until_at)s::timestamptz
        OR v.closed_at IS NULL
    )
ORDER BY v.closed_at, v.conversation_id

-- name: agent_activity
-- What agents did on the days that begin within a time.
SELECT v.* FROM analytics.agent_activity AS v
WHERE v.customer_id = %(customer_id)s::bigint
    AND v.day >= (%(from_at)s::timestamptz AT TIME ZONE 'UTC')::date
    AND v.day < %(until_at)s::timestamptz AT TIME ZONE 'UTC'
ORDER BY v.day, v.agent_id

-- name: channel_volume
-- What came and went on the days that begin within a time.
SELECT v.* FROM analytics.channel_volume AS v
WHERE v.customer_id = %(customer_id)s::bigint
    AND v.day >= (%(from_at)s::timestamptz AT TIME ZONE 'UTC')::date
    AND v.day < %(until_at)s::timestamptz AT TIME ZONE 'UTC'
ORDER BY v.day, v.channel_id

-- name: delivery
-- What became of the messages that were written on the days that begin within a time.
SELECT v.* FROM analytics.delivery AS v
WHERE v.customer_id = %(customer_id)s::bigint
    AND v.day >= (%(from_at)s::timestamptz AT TIME ZONE 'UTC')::date
    AND v.day < %(until_at)s::timestamptz AT TIME ZONE 'UTC'
ORDER BY v.day, v.channel_id, v.kind, v.status, v.error_code

-- name: events
-- The events of a time.
SELECT v.* FROM analytics.events AS v
WHERE v.customer_id = %(customer_id)s::bigint
    AND v.received_at >= %(from_at)s::timestamptz
    AND v.received_at < %(until_at)s::timestamptz
ORDER BY v.received_at, v.event_id
