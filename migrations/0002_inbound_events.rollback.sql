DROP FUNCTION record_inbound_event;
DROP TABLE quarantined_deliveries;
DROP TABLE dead_letters;
DROP TABLE inbound_failures;
DROP TABLE inbound_queue;
DROP TABLE inbound_events;
