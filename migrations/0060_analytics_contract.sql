-- The analysts' contract: views that answer what is asked most, and the version of all of them.
--
-- What was added to a table last is found by its time: conditions on time and day are asked of the
-- columns that the indexes ..._by_arrival and audit_by_time have.

CREATE VIEW analytics.events WITH (security_barrier) AS
SELECT
    s.customer_id,
    s.event_id,
    s.channel_id,
    ch.name AS channel_name,
    s.provider,
    s.kind,
    s.provider_message_id,
    s.signature,
    s.status,
    s.failed_attempts,
    s.error_class,
    s.next_attempt_at,
    s.received_at,
    coalesce(m.id, r.message_id) AS message_id,
    m.conversation_id,
    m.created_at AS message_made_at
FROM public.inbound_event_status AS s
JOIN public.channels AS ch ON ch.customer_id = s.customer_id AND ch.id = s.channel_id
LEFT JOIN public.messages AS m ON m.customer_id = s.customer_id AND m.id = s.event_id
LEFT JOIN public.message_receipts AS r
    ON r.customer_id = s.customer_id AND r.event_id = s.event_id
WHERE s.customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

-- A stretch begins with a person's message before which all that people wrote was answered.
CREATE VIEW analytics.response_times WITH (security_barrier) AS
SELECT
    m.customer_id,
    m.conversation_id,
    m.channel_id,
    ch.name AS channel_name,
    m.id AS message_id,
    m.received_at AS waiting_since,
    earlier.asked_at IS NULL AS is_first,
    answer.id AS answer_id,
    answer.received_at AS answered_at,
    answer.agent_id,
    extract(epoch FROM answer.received_at - m.received_at)::double precision AS response_seconds
FROM public.messages AS m
JOIN public.channels AS ch ON ch.customer_id = m.customer_id AND ch.id = m.channel_id
CROSS JOIN LATERAL (
    SELECT
        max(e.received_at) FILTER (WHERE e.direction = 'inbound') AS asked_at,
        max(e.received_at) FILTER (WHERE e.direction = 'outbound') AS answered_at
    FROM public.messages AS e
    WHERE e.customer_id = m.customer_id
        AND e.conversation_id = m.conversation_id
        AND (
            e.direction = 'inbound' AND NOT e.is_automatic
                AND (e.received_at, e.id) < (m.received_at, m.id)
            OR e.direction = 'outbound' AND e.status IN ('sent', 'delivered', 'read')
                AND e.received_at < m.received_at
        )
) AS earlier
LEFT JOIN LATERAL (
    SELECT o.id, o.received_at, o.agent_id
    FROM public.messages AS o
    WHERE o.customer_id = m.customer_id
        AND o.conversation_id = m.conversation_id
        AND o.direction = 'outbound'
        AND o.status IN ('sent', 'delivered', 'read')
        AND o.received_at >= m.received_at
    ORDER BY o.received_at, o.id
    LIMIT 1
) AS answer ON true
WHERE m.customer_id = ANY ((SELECT analytics.customers_seen())::bigint[])
    AND m.direction = 'inbound'
    AND NOT m.is_automatic
    AND (earlier.asked_at IS NULL OR earlier.answered_at >= earlier.asked_at);

-- Closings are in the audit; what opens a conversation again is an agent's change, which is there
-- too, or a person's message.
CREATE VIEW analytics.resolution_times WITH (security_barrier) AS
SELECT
    x.customer_id,
    x.conversation_id,
    c.channel_id,
    ch.name AS channel_name,
    opened.at AS opened_at,
    earlier.closed_at IS NULL AS is_first,
    x.closed_at,
    x.agent_id,
    extract(epoch FROM x.closed_at - opened.at)::double precision AS resolution_seconds
FROM (
    SELECT a.customer_id, a.conversation_id, a.at AS closed_at, a.agent_id
    FROM public.audit AS a
    WHERE a.action = 'conversation.status_changed' AND a.detail ->> 'to' = 'closed'
    UNION ALL
    SELECT o.customer_id, o.id, NULL::timestamptz, NULL::uuid
    FROM public.conversations AS o
    WHERE o.status NOT IN ('closed', 'spam')
) AS x
JOIN public.conversations AS c ON c.customer_id = x.customer_id AND c.id = x.conversation_id
JOIN public.channels AS ch ON ch.customer_id = c.customer_id AND ch.id = c.channel_id
CROSS JOIN LATERAL (
    SELECT max(a.at) AS closed_at
    FROM public.audit AS a
    WHERE a.customer_id = x.customer_id
        AND a.conversation_id = x.conversation_id
        AND a.action = 'conversation.status_changed'
        AND a.detail ->> 'to' = 'closed'
        AND (x.closed_at IS NULL OR a.at < x.closed_at)
) AS earlier
CROSS JOIN LATERAL (
    SELECT coalesce(min(t.at), earlier.closed_at) AS at
    FROM (
        SELECT m.received_at AS at
        FROM public.messages AS m
        WHERE m.customer_id = x.customer_id
            AND m.conversation_id = x.conversation_id
            AND (
                earlier.closed_at IS NULL
                OR m.direction = 'inbound' AND NOT m.is_automatic
                    AND m.received_at > earlier.closed_at
            )
        UNION ALL
        SELECT a.at
        FROM public.audit AS a
        WHERE a.customer_id = x.customer_id
            AND a.conversation_id = x.conversation_id
            AND a.action IN ('conversation.status_changed', 'conversation.snoozed')
            AND a.detail ->> 'from' = 'closed'
            AND a.at > earlier.closed_at
    ) AS t
    WHERE x.closed_at IS NULL OR t.at <= x.closed_at
) AS opened
WHERE x.customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

CREATE VIEW analytics.delivery WITH (security_barrier) AS
SELECT
    m.customer_id,
    (m.received_at AT TIME ZONE 'UTC')::date AS day,
    ch.provider,
    m.channel_id,
    ch.name AS channel_name,
    m.kind,
    m.status,
    m.failure_code AS error_code,
    count(*) AS message_count
FROM public.messages AS m
JOIN public.channels AS ch ON ch.customer_id = m.customer_id AND ch.id = m.channel_id
WHERE m.customer_id = ANY ((SELECT analytics.customers_seen())::bigint[])
    AND m.direction = 'outbound'
    AND m.event_id IS NULL
GROUP BY
    m.customer_id, (m.received_at AT TIME ZONE 'UTC')::date, ch.provider, m.channel_id, ch.name,
    m.kind, m.status, m.failure_code;

CREATE VIEW analytics.channel_volume WITH (security_barrier) AS
SELECT
    m.customer_id,
    (m.received_at AT TIME ZONE 'UTC')::date AS day,
    m.channel_id,
    ch.name AS channel_name,
    ch.kind AS channel_kind,
    ch.provider,
    count(*) FILTER (WHERE m.direction = 'inbound') AS inbound_count,
    count(*) FILTER (WHERE m.direction = 'inbound' AND m.is_automatic) AS automatic_count,
    count(*) FILTER (
        WHERE m.direction = 'outbound' AND m.status IN ('sent', 'delivered', 'read')
    ) AS outbound_count,
    count(DISTINCT m.conversation_id) FILTER (WHERE m.status <> 'canceled') AS conversation_count,
    count(*) FILTER (WHERE m.seq = 1) AS new_conversation_count
FROM public.messages AS m
JOIN public.channels AS ch ON ch.customer_id = m.customer_id AND ch.id = m.channel_id
WHERE m.customer_id = ANY ((SELECT analytics.customers_seen())::bigint[])
GROUP BY
    m.customer_id, (m.received_at AT TIME ZONE 'UTC')::date, m.channel_id, ch.name, ch.kind,
    ch.provider;

CREATE VIEW analytics.agent_activity WITH (security_barrier) AS
SELECT
    d.customer_id,
    d.day,
    d.agent_id,
    g.name AS agent_name,
    count(*) FILTER (WHERE d.did IN ('sent', 'failed', 'other')) AS written_count,
    count(*) FILTER (WHERE d.did = 'sent') AS sent_count,
    count(*) FILTER (WHERE d.did = 'failed') AS failed_count,
    count(DISTINCT d.conversation_id) FILTER (WHERE d.did = 'sent') AS conversation_count,
    count(*) FILTER (WHERE d.did = 'closed') AS closed_count,
    count(*) FILTER (WHERE d.did = 'reopened') AS reopened_count,
    count(*) FILTER (WHERE d.did = 'noted') AS note_count
FROM (
    SELECT
        m.customer_id,
        (m.received_at AT TIME ZONE 'UTC')::date AS day,
        m.agent_id,
        m.conversation_id,
        CASE
            WHEN m.status IN ('sent', 'delivered', 'read') THEN 'sent'
            WHEN m.status = 'failed' THEN 'failed'
            ELSE 'other'
        END AS did
    FROM public.messages AS m
    WHERE m.agent_id IS NOT NULL
    UNION ALL
    SELECT
        a.customer_id,
        (a.at AT TIME ZONE 'UTC')::date,
        a.agent_id,
        a.conversation_id,
        CASE
            WHEN a.action = 'note.created' THEN 'noted'
            WHEN a.detail ->> 'to' = 'closed' THEN 'closed'
            ELSE 'reopened'
        END
    FROM public.audit AS a
    WHERE a.agent_id IS NOT NULL
        AND (
            a.action = 'note.created'
            OR a.action = 'conversation.status_changed' AND a.detail ->> 'to' = 'closed'
            OR a.action IN ('conversation.status_changed', 'conversation.snoozed')
                AND a.detail ->> 'from' = 'closed'
        )
) AS d
JOIN public.agents AS g ON g.customer_id = d.customer_id AND g.id = d.agent_id
WHERE d.customer_id = ANY ((SELECT analytics.customers_seen())::bigint[])
GROUP BY d.customer_id, d.day, d.agent_id, g.name;

CREATE VIEW analytics.contract WITH (security_barrier) AS
SELECT 1 AS version;

COMMENT ON VIEW analytics.events IS 'One row per event: what a provider told us once, and what became of it.';
COMMENT ON COLUMN analytics.events.customer_id IS 'The customer whose channel received it.';
COMMENT ON COLUMN analytics.events.event_id IS 'The event.';
COMMENT ON COLUMN analytics.events.channel_id IS 'The channel that received it.';
COMMENT ON COLUMN analytics.events.channel_name IS 'What people call the channel.';
COMMENT ON COLUMN analytics.events.provider IS 'Who sent it.';
COMMENT ON COLUMN analytics.events.kind IS 'message, receipt or unreadable.';
COMMENT ON COLUMN analytics.events.provider_message_id IS 'The provider''s own id of the message.';
COMMENT ON COLUMN analytics.events.signature IS 'verified, failed or unchecked.';
COMMENT ON COLUMN analytics.events.status IS 'received, error (will be tried again), processed or dead_letter.';
COMMENT ON COLUMN analytics.events.failed_attempts IS 'Attempts that failed; NULL where none did.';
COMMENT ON COLUMN analytics.events.error_class IS 'Stable word for the last failure.';
COMMENT ON COLUMN analytics.events.next_attempt_at IS 'When it is due; NULL once it is settled.';
COMMENT ON COLUMN analytics.events.received_at IS 'When it arrived, by our clock.';
COMMENT ON COLUMN analytics.events.message_id IS 'The message that it became, or that it is a receipt of; NULL where there is none.';
COMMENT ON COLUMN analytics.events.conversation_id IS 'The conversation of the message that it became; NULL for receipts.';
COMMENT ON COLUMN analytics.events.message_made_at IS 'When that message was there to be read, by the database clock; NULL for receipts.';

COMMENT ON VIEW analytics.response_times IS 'One row per stretch in which people waited for us: from a person''s message before which all was answered to our first message after it that went out. Mails that programs wrote begin none; what failed or was canceled ends none.';
COMMENT ON COLUMN analytics.response_times.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN analytics.response_times.conversation_id IS 'The conversation.';
COMMENT ON COLUMN analytics.response_times.channel_id IS 'The channel that the message came in by.';
COMMENT ON COLUMN analytics.response_times.channel_name IS 'What people call the channel.';
COMMENT ON COLUMN analytics.response_times.message_id IS 'The message that the stretch begins with.';
COMMENT ON COLUMN analytics.response_times.waiting_since IS 'When that message arrived, by our clock.';
COMMENT ON COLUMN analytics.response_times.is_first IS 'Whether it is the first in its conversation; response_seconds is the first response time then.';
COMMENT ON COLUMN analytics.response_times.answer_id IS 'Our message that ends it, whether written here or sent from elsewhere; NULL while nobody has answered.';
COMMENT ON COLUMN analytics.response_times.answered_at IS 'When that message was written, by our clock; NULL while nobody has answered.';
COMMENT ON COLUMN analytics.response_times.agent_id IS 'Who wrote that message; NULL where a program did, or it was sent from elsewhere.';
COMMENT ON COLUMN analytics.response_times.response_seconds IS 'Seconds of clock time from waiting_since to answered_at, nights and holidays included; NULL while nobody has answered.';

COMMENT ON VIEW analytics.resolution_times IS 'One row per stretch in which a conversation was open: from its first message, or from being opened again, until somebody closed it. Conversations that are open have one without an end; spam has none.';
COMMENT ON COLUMN analytics.resolution_times.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN analytics.resolution_times.conversation_id IS 'The conversation.';
COMMENT ON COLUMN analytics.resolution_times.channel_id IS 'The channel it takes place on.';
COMMENT ON COLUMN analytics.resolution_times.channel_name IS 'What people call the channel.';
COMMENT ON COLUMN analytics.resolution_times.opened_at IS 'When its first message arrived, or, after it was closed, when a person wrote again or an agent opened it.';
COMMENT ON COLUMN analytics.resolution_times.is_first IS 'Whether it was never closed before.';
COMMENT ON COLUMN analytics.resolution_times.closed_at IS 'When it was closed; NULL while it is open.';
COMMENT ON COLUMN analytics.resolution_times.agent_id IS 'Who closed it; NULL where a program did, or while it is open.';
COMMENT ON COLUMN analytics.resolution_times.resolution_seconds IS 'Seconds of clock time from opened_at to closed_at, nights and holidays included; NULL while it is open.';

COMMENT ON VIEW analytics.delivery IS 'What became of the messages that were written here: how many, by day, provider, channel, kind, status and error code. What an own address sent from elsewhere is not here.';
COMMENT ON COLUMN analytics.delivery.customer_id IS 'The customer who sent them.';
COMMENT ON COLUMN analytics.delivery.day IS 'The day in UTC on which they were written.';
COMMENT ON COLUMN analytics.delivery.provider IS 'Who was to carry them.';
COMMENT ON COLUMN analytics.delivery.channel_id IS 'The channel that they left by.';
COMMENT ON COLUMN analytics.delivery.channel_name IS 'What people call the channel.';
COMMENT ON COLUMN analytics.delivery.kind IS 'sms, mms, whatsapp or email.';
COMMENT ON COLUMN analytics.delivery.status IS 'queued, unknown (nobody knows whether it left), sent, delivered, read, failed or canceled.';
COMMENT ON COLUMN analytics.delivery.error_code IS 'Why they failed, or are unknown, in the provider''s code or ours; NULL otherwise, and where no code was given.';
COMMENT ON COLUMN analytics.delivery.message_count IS 'How many messages.';

COMMENT ON VIEW analytics.channel_volume IS 'How much came and went by a channel on a day.';
COMMENT ON COLUMN analytics.channel_volume.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN analytics.channel_volume.day IS 'The day in UTC on which messages arrived, or were written.';
COMMENT ON COLUMN analytics.channel_volume.channel_id IS 'The channel.';
COMMENT ON COLUMN analytics.channel_volume.channel_name IS 'What people call the channel.';
COMMENT ON COLUMN analytics.channel_volume.channel_kind IS 'sms or email.';
COMMENT ON COLUMN analytics.channel_volume.provider IS 'Whose channel it is.';
COMMENT ON COLUMN analytics.channel_volume.inbound_count IS 'Messages that came in, those of programs included.';
COMMENT ON COLUMN analytics.channel_volume.automatic_count IS 'Those of them that programs wrote and behind which nobody waits.';
COMMENT ON COLUMN analytics.channel_volume.outbound_count IS 'Messages of ours that went out: neither failed nor canceled, nor waiting still.';
COMMENT ON COLUMN analytics.channel_volume.conversation_count IS 'Conversations in which there was a message, canceled ones aside.';
COMMENT ON COLUMN analytics.channel_volume.new_conversation_count IS 'Conversations whose first message was that day: the one numbered 1.';

COMMENT ON VIEW analytics.agent_activity IS 'What an agent did on a day; days on which they did none of it are not here.';
COMMENT ON COLUMN analytics.agent_activity.customer_id IS 'The agent''s customer.';
COMMENT ON COLUMN analytics.agent_activity.day IS 'The day in UTC.';
COMMENT ON COLUMN analytics.agent_activity.agent_id IS 'The agent.';
COMMENT ON COLUMN analytics.agent_activity.agent_name IS 'What the agent is called now.';
COMMENT ON COLUMN analytics.agent_activity.written_count IS 'Messages they wrote, those included that were canceled, failed or still wait.';
COMMENT ON COLUMN analytics.agent_activity.sent_count IS 'Those of them that went out.';
COMMENT ON COLUMN analytics.agent_activity.failed_count IS 'Those of them that failed.';
COMMENT ON COLUMN analytics.agent_activity.conversation_count IS 'Conversations in which a message of theirs went out.';
COMMENT ON COLUMN analytics.agent_activity.closed_count IS 'How often they closed a conversation.';
COMMENT ON COLUMN analytics.agent_activity.reopened_count IS 'How often they opened a closed conversation again.';
COMMENT ON COLUMN analytics.agent_activity.note_count IS 'Notes they wrote.';

COMMENT ON VIEW analytics.contract IS 'Which version of the views of this schema this is: one row.';
COMMENT ON COLUMN analytics.contract.version IS 'Rises when a view or a column goes, changes its type or means something else; not when one is added.';
