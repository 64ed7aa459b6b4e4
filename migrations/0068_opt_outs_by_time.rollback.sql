-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS suppressions_opt_outs;
