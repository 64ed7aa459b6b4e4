-- transactional: false
CREATE INDEX CONCURRENTLY IF NOT EXISTS messages_by_arrival
    ON messages USING brin (received_at, ((received_at AT TIME ZONE 'UTC')::date));
