-- transactional: false
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_by_time
    ON audit USING brin (at, ((at AT TIME ZONE 'UTC')::date));
