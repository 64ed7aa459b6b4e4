-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS messages_by_whatsapp_sender;
