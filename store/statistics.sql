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
