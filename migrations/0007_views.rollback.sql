DROP VIEW conversation_messages;
DROP VIEW conversation_overview;
DROP VIEW inbound_event_status;
