-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS messages_by_arrival;
