-- transactional: false
CREATE INDEX CONCURRENTLY IF NOT EXISTS inbound_events_by_arrival
    ON inbound_events USING brin (received_at);
