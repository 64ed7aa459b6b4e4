-- transactional: false
CREATE INDEX CONCURRENTLY IF NOT EXISTS suppressions_opt_outs
    ON suppressions (customer_id, since) INCLUDE (channel_id) WHERE reason = 'opt_out';
