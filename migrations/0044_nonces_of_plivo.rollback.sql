-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS inbound_events_nonces_of_plivo;
