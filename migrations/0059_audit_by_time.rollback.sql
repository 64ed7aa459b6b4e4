-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS audit_by_time;
