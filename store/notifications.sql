-- name: notify_changes
-- Tell followers that there may be changes.
NOTIFY inlet_changes

-- name: listen_changes
-- Hear of changes on this connection.
LISTEN inlet_changes

-- name: notify_channels
-- Tell every web process that a channel is not what it was.
NOTIFY inlet_channels

-- name: listen_channels
-- Hear of changed channels on this connection.
LISTEN inlet_channels

-- name: notify_presence
-- Tell every web process who is where.
SELECT pg_notify('inlet_presence', %(payload)s::text)

-- name: listen_presence
-- Hear who is where on this connection.
LISTEN inlet_presence
