-- transactional: false
CREATE INDEX CONCURRENTLY IF NOT EXISTS messages_by_whatsapp_sender
    ON messages (customer_id, channel_id, from_hash, received_at)
    WHERE kind = 'whatsapp' AND direction = 'inbound';
