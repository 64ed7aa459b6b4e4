-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS messages_that_may_opt_out;
