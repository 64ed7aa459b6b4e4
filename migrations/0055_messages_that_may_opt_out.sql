-- transactional: false
CREATE INDEX CONCURRENTLY IF NOT EXISTS messages_that_may_opt_out
    ON messages (customer_id, id) WHERE may_opt_out;
