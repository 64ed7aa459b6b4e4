-- What hooks were told, for analysts: without URLs, secrets and answers, which may hold anything.

CREATE VIEW analytics.hooks WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    types,
    channel_id,
    enabled_at,
    disabled_at,
    disabled_reason,
    failing_since,
    created_by,
    created_at
FROM public.hooks
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.hook_deliveries WITH (security_barrier) AS
SELECT
    customer_id,
    id,
    hook_id,
    type,
    conversation_id,
    message_id,
    message_status,
    object_id,
    happened_at,
    status,
    attempt_count,
    queued_at,
    settled_at,
    error_class
FROM public.hook_deliveries
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.hook_attempts WITH (security_barrier) AS
SELECT
    customer_id,
    delivery_id,
    attempt,
    began_at,
    duration_ms,
    http_status,
    error_class
FROM public.hook_attempts
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

COMMENT ON VIEW analytics.hooks IS 'Outgoing webhooks: systems of the customer''s own that are told what happens.';
COMMENT ON COLUMN analytics.hooks.customer_id IS 'Whose it is.';
COMMENT ON COLUMN analytics.hooks.id IS 'UUIDv7.';
COMMENT ON COLUMN analytics.hooks.types IS 'Which events are told, as their payloads name them: message.received.v1, ...';
COMMENT ON COLUMN analytics.hooks.channel_id IS 'Only events of conversations of this channel; NULL: all.';
COMMENT ON COLUMN analytics.hooks.enabled_at IS 'Since when it is told: nothing that happened before is.';
COMMENT ON COLUMN analytics.hooks.disabled_at IS 'Since when it is told nothing; NULL while it is.';
COMMENT ON COLUMN analytics.hooks.disabled_reason IS 'by_hand; failing: nothing could be delivered for three days; gone: it answered 410; restored: the database was restored elsewhere.';
COMMENT ON COLUMN analytics.hooks.failing_since IS 'When the first attempt failed after which none did anything else; NULL where the last one worked.';
COMMENT ON COLUMN analytics.hooks.created_by IS 'The agent who made it; NULL for a program.';
COMMENT ON COLUMN analytics.hooks.created_at IS 'When it was made.';
COMMENT ON VIEW analytics.hook_deliveries IS 'One event for one outgoing webhook, and what became of it; forgotten 30 days after it was settled.';
COMMENT ON COLUMN analytics.hook_deliveries.customer_id IS 'The hook''s customer.';
COMMENT ON COLUMN analytics.hook_deliveries.id IS 'The id that the receiver knows the event by; the same at every attempt.';
COMMENT ON COLUMN analytics.hook_deliveries.hook_id IS 'The hook.';
COMMENT ON COLUMN analytics.hook_deliveries.type IS 'message.received.v1, ...; ping.v1 is a test.';
COMMENT ON COLUMN analytics.hook_deliveries.conversation_id IS 'The conversation it is about.';
COMMENT ON COLUMN analytics.hook_deliveries.message_id IS 'The message it is about.';
COMMENT ON COLUMN analytics.hook_deliveries.message_status IS 'The status that message.status.v1 tells; NULL for all other events.';
COMMENT ON COLUMN analytics.hook_deliveries.object_id IS 'What else it is about.';
COMMENT ON COLUMN analytics.hook_deliveries.happened_at IS 'When it happened, by the database clock.';
COMMENT ON COLUMN analytics.hook_deliveries.status IS 'pending: to be posted. delivered: the hook took it. failed: given up, until somebody has it sent again.';
COMMENT ON COLUMN analytics.hook_deliveries.attempt_count IS 'How often it was tried.';
COMMENT ON COLUMN analytics.hook_deliveries.queued_at IS 'Since when it is to be delivered; counts anew where somebody has it sent again.';
COMMENT ON COLUMN analytics.hook_deliveries.settled_at IS 'When it was delivered or given up.';
COMMENT ON COLUMN analytics.hook_deliveries.error_class IS 'What the last failure is called; NULL where there was none since it was queued.';
COMMENT ON VIEW analytics.hook_attempts IS 'Every attempt at a hook delivery; forgotten 30 days after that was settled.';
COMMENT ON COLUMN analytics.hook_attempts.customer_id IS 'The hook''s customer.';
COMMENT ON COLUMN analytics.hook_attempts.delivery_id IS 'The hook delivery.';
COMMENT ON COLUMN analytics.hook_attempts.attempt IS 'Counts from 1.';
COMMENT ON COLUMN analytics.hook_attempts.began_at IS 'When it began, by the worker''s clock.';
COMMENT ON COLUMN analytics.hook_attempts.duration_ms IS 'How long it took.';
COMMENT ON COLUMN analytics.hook_attempts.http_status IS 'What was answered; NULL where nothing was.';
COMMENT ON COLUMN analytics.hook_attempts.error_class IS 'What the failure is called; NULL where it was delivered.';
