-- What analysts read: a public contract, changed only with a note in the changelog.

CREATE VIEW inbound_event_status AS
SELECT
    e.customer_id,
    e.id AS event_id,
    e.channel_id,
    e.provider,
    e.kind,
    e.provider_message_id,
    CASE
        WHEN q.attempt_count = 0 THEN 'received'
        WHEN q.attempt_count > 0 THEN 'error'
        WHEN d.event_id IS NOT NULL AND d.resolution IS NULL THEN 'dead_letter'
        ELSE 'processed'
    END AS status,
    coalesce(q.attempt_count, d.attempts) AS failed_attempts,
    coalesce(q.last_error, d.error_class) AS error_class,
    q.next_attempt_at,
    e.signature,
    e.received_at
FROM inbound_events AS e
LEFT JOIN inbound_queue AS q ON q.customer_id = e.customer_id AND q.event_id = e.id
LEFT JOIN dead_letters AS d ON d.customer_id = e.customer_id AND d.event_id = e.id;

CREATE VIEW conversation_overview AS
SELECT
    c.id AS conversation_id,
    c.customer_id,
    c.channel_id,
    ch.kind AS channel_kind,
    ch.name AS channel_name,
    c.status,
    c.subject,
    c.first_message_at,
    c.last_activity_at AS last_message_at,
    c.last_message_direction,
    c.message_count,
    c.inbound_count,
    c.message_count - c.inbound_count AS outbound_count,
    p.participant_count,
    p.participants,
    c.created_at,
    c.closed_at
FROM conversations AS c
JOIN channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
CROSS JOIN LATERAL (
    SELECT
        count(DISTINCT cp.address_hash) AS participant_count,
        array_agg(DISTINCT a.value ORDER BY a.value) FILTER (WHERE cp.role = 'other') AS participants
    FROM conversation_participants AS cp
    JOIN addresses AS a ON a.customer_id = cp.customer_id AND a.hash = cp.address_hash
    WHERE cp.customer_id = c.customer_id AND cp.conversation_id = c.id
) AS p;

CREATE VIEW conversation_messages AS
SELECT
    m.conversation_id,
    m.customer_id,
    m.id AS message_id,
    m.seq,
    m.direction,
    m.kind,
    m.status,
    a.kind AS from_kind,
    a.value AS from_address,
    a.contact_id AS from_contact_id,
    m.from_name,
    m.subject,
    b.text AS body,
    m.body_format,
    (
        SELECT count(*)
        FROM attachments AS f
        WHERE f.customer_id = m.customer_id AND f.message_id = m.id
    ) AS attachment_count,
    m.channel_id,
    m.provider_message_id,
    m.sent_at,
    m.received_at
FROM messages AS m
JOIN addresses AS a ON a.customer_id = m.customer_id AND a.hash = m.from_hash
JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash;

COMMENT ON VIEW inbound_event_status IS 'What became of every event.';
COMMENT ON COLUMN inbound_event_status.customer_id IS 'The customer whose channel received it.';
COMMENT ON COLUMN inbound_event_status.event_id IS 'The event.';
COMMENT ON COLUMN inbound_event_status.channel_id IS 'The channel whose webhook URL was called.';
COMMENT ON COLUMN inbound_event_status.provider IS 'Who sent it.';
COMMENT ON COLUMN inbound_event_status.kind IS 'message, receipt or unreadable.';
COMMENT ON COLUMN inbound_event_status.provider_message_id IS 'The provider''s own id of the message.';
COMMENT ON COLUMN inbound_event_status.status IS 'received, error (will be tried again), processed or dead_letter.';
COMMENT ON COLUMN inbound_event_status.failed_attempts IS 'Attempts that failed; NULL where none did.';
COMMENT ON COLUMN inbound_event_status.error_class IS 'Stable word for the last failure.';
COMMENT ON COLUMN inbound_event_status.next_attempt_at IS 'When it is due; NULL once it is settled.';
COMMENT ON COLUMN inbound_event_status.signature IS 'verified, failed or unchecked.';
COMMENT ON COLUMN inbound_event_status.received_at IS 'When the request arrived, by our clock.';

COMMENT ON VIEW conversation_overview IS 'One row per conversation.';
COMMENT ON COLUMN conversation_overview.conversation_id IS 'The conversation.';
COMMENT ON COLUMN conversation_overview.customer_id IS 'The customer who holds it.';
COMMENT ON COLUMN conversation_overview.channel_id IS 'The channel it takes place on.';
COMMENT ON COLUMN conversation_overview.channel_kind IS 'sms or email.';
COMMENT ON COLUMN conversation_overview.channel_name IS 'What people call the channel.';
COMMENT ON COLUMN conversation_overview.status IS 'open, pending, snoozed, closed or spam.';
COMMENT ON COLUMN conversation_overview.subject IS 'Subject of the earliest message; NULL for SMS.';
COMMENT ON COLUMN conversation_overview.first_message_at IS 'When its earliest message was sent.';
COMMENT ON COLUMN conversation_overview.last_message_at IS 'When its latest message was sent.';
COMMENT ON COLUMN conversation_overview.last_message_direction IS 'Who wrote last: inbound or outbound.';
COMMENT ON COLUMN conversation_overview.message_count IS 'Messages in it, both directions.';
COMMENT ON COLUMN conversation_overview.inbound_count IS 'Messages that somebody sent us.';
COMMENT ON COLUMN conversation_overview.outbound_count IS 'Messages that we sent.';
COMMENT ON COLUMN conversation_overview.participant_count IS 'Distinct addresses in it, our own included.';
COMMENT ON COLUMN conversation_overview.participants IS 'The other participants'' addresses.';
COMMENT ON COLUMN conversation_overview.created_at IS 'When the row was made, by the database clock.';
COMMENT ON COLUMN conversation_overview.closed_at IS 'When it was closed.';

COMMENT ON VIEW conversation_messages IS 'One row per message, with its sender and text.';
COMMENT ON COLUMN conversation_messages.conversation_id IS 'The conversation it belongs to.';
COMMENT ON COLUMN conversation_messages.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN conversation_messages.message_id IS 'The message.';
COMMENT ON COLUMN conversation_messages.seq IS 'Counts 1, 2, 3 ... inside the conversation.';
COMMENT ON COLUMN conversation_messages.direction IS 'inbound or outbound.';
COMMENT ON COLUMN conversation_messages.kind IS 'sms, mms or email.';
COMMENT ON COLUMN conversation_messages.status IS 'received for inbound; queued ... failed for outbound.';
COMMENT ON COLUMN conversation_messages.from_kind IS 'phone, email or handle.';
COMMENT ON COLUMN conversation_messages.from_address IS 'Who wrote it.';
COMMENT ON COLUMN conversation_messages.from_contact_id IS 'The person behind that address; NULL for our own.';
COMMENT ON COLUMN conversation_messages.from_name IS 'The display name the sender gave.';
COMMENT ON COLUMN conversation_messages.subject IS 'The subject line; NULL for SMS.';
COMMENT ON COLUMN conversation_messages.body IS 'The text.';
COMMENT ON COLUMN conversation_messages.body_format IS 'text or html.';
COMMENT ON COLUMN conversation_messages.attachment_count IS 'How many attachments it has.';
COMMENT ON COLUMN conversation_messages.channel_id IS 'The channel that carried it.';
COMMENT ON COLUMN conversation_messages.provider_message_id IS 'The provider''s own id.';
COMMENT ON COLUMN conversation_messages.sent_at IS 'When it was sent.';
COMMENT ON COLUMN conversation_messages.received_at IS 'When it arrived, by our clock.';
