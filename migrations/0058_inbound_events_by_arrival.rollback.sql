-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS inbound_events_by_arrival;
