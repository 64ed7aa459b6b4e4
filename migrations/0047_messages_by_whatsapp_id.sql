-- transactional: false
CREATE INDEX CONCURRENTLY IF NOT EXISTS messages_by_whatsapp_id
    ON messages (customer_id, channel_id, provider_message_id) WHERE kind = 'whatsapp';
