-- name: wake
-- Tell waiting workers that there is something to do.
NOTIFY inlet_queue

-- name: listen
-- Hear of new work on this connection.
LISTEN inlet_queue
