-- name: count_known_rows
-- How many messages the planner believes in; below zero before the first look.
SELECT c.reltuples::bigint
FROM pg_class AS c
WHERE c.oid = 'messages'::regclass

-- name: gather
-- Look at the tables that a young database fills fastest; plans made before this are made anew.
ANALYZE (SKIP_LOCKED)
    inbound_events, inbound_queue, addresses, contacts, bodies, conversations,
    conversation_participants, messages, message_recipients, email_message_ids, email_awaited,
    search_documents, search_words

-- name: count_dead_rows
-- How many rows of the queue are dead and still in the way, as far as is known.
SELECT pg_stat_get_dead_tuples('inbound_queue'::regclass)

-- name: vacuum_queue
-- Take dead rows out of the queue's way now; returns at once if somebody else does.
VACUUM (SKIP_LOCKED, TRUNCATE FALSE) inbound_queue
