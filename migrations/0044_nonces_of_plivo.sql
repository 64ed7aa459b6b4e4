-- A signature of Plivo's V2 covers the URL and a nonce, and nothing of what is said: a nonce is good
-- for one event. Whatever comes with it again is a repeated delivery, also where V3 vouched for it
-- before.
-- Source: https://docs.plivo.com/docs/messaging/concepts/signature-validation
-- transactional: false
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS inbound_events_nonces_of_plivo
ON inbound_events (customer_id, channel_id, md5(headers ->> 'x-plivo-signature-v2-nonce'))
WHERE provider = 'plivo' AND signature = 'verified' AND headers ? 'x-plivo-signature-v2-nonce';
