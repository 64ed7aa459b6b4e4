-- Media of texts lie at their provider, who deletes them: each is fetched once, by a lease. What came of
-- it stands here and not in `attachments`, which say what the event says and so can be derived again.

CREATE TABLE media_fetches (
    customer_id bigint NOT NULL REFERENCES customers (id),
    message_id uuid NOT NULL,
    position integer NOT NULL CHECK (position >= 1),
    channel_id uuid NOT NULL,
    url text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'stored', 'failed')),
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    queued_at timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz DEFAULT now(),
    settled_at timestamptz,
    error_class text,
    error text,
    file_hash bytea,
    PRIMARY KEY (customer_id, message_id, position),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id),
    FOREIGN KEY (customer_id, file_hash) REFERENCES files (customer_id, hash),
    CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
    CHECK ((status = 'pending') = (settled_at IS NULL)),
    CHECK ((status = 'stored') = (file_hash IS NOT NULL)),
    CHECK (status <> 'failed' OR (error_class IS NOT NULL AND error IS NOT NULL))
);

CREATE INDEX media_fetches_due ON media_fetches (next_attempt_at) WHERE status = 'pending';
CREATE INDEX media_fetches_failed ON media_fetches (settled_at) WHERE status = 'failed';
CREATE INDEX media_fetches_file ON media_fetches (customer_id, file_hash) WHERE file_hash IS NOT NULL;

-- What came in before and may still be there: no provider whose page says for how long keeps them longer.
INSERT INTO media_fetches (customer_id, message_id, position, channel_id, url)
SELECT a.customer_id, a.message_id, a.position, m.channel_id, a.url
FROM attachments AS a
JOIN messages AS m ON m.customer_id = a.customer_id AND m.id = a.message_id
WHERE a.url IS NOT NULL AND m.received_at > now() - interval '30 days';

CREATE VIEW analytics.media_fetches WITH (security_barrier) AS
SELECT
    customer_id,
    message_id,
    position,
    channel_id,
    status,
    attempt_count,
    queued_at,
    settled_at,
    error_class
FROM public.media_fetches
WHERE customer_id = ANY ((SELECT analytics.customers_seen())::bigint[]);

COMMENT ON TABLE media_fetches IS 'Attachments that lie at their provider, and what came of fetching them; never derived again.';
COMMENT ON COLUMN media_fetches.customer_id IS 'The message''s customer.';
COMMENT ON COLUMN media_fetches.message_id IS 'The message.';
COMMENT ON COLUMN media_fetches.position IS 'Which of its attachments.';
COMMENT ON COLUMN media_fetches.channel_id IS 'The channel whose credential its provider is shown.';
COMMENT ON COLUMN media_fetches.url IS 'Where it lies; counts only while the attachment has the same.';
COMMENT ON COLUMN media_fetches.status IS 'pending: to be fetched. stored: it is a file of ours. failed: given up, until somebody tries again.';
COMMENT ON COLUMN media_fetches.attempt_count IS 'How often it was tried since it was queued.';
COMMENT ON COLUMN media_fetches.queued_at IS 'Since when it is to be fetched; counts anew where somebody tries again.';
COMMENT ON COLUMN media_fetches.next_attempt_at IS 'When it is due, or until when it is leased, which is the fence; NULL once it is settled.';
COMMENT ON COLUMN media_fetches.settled_at IS 'When it was stored or given up; NULL while it is pending.';
COMMENT ON COLUMN media_fetches.error_class IS 'What the last failure is called; NULL where there was none since it was queued.';
COMMENT ON COLUMN media_fetches.error IS 'The last failure in words.';
COMMENT ON COLUMN media_fetches.file_hash IS 'Which file it became.';
COMMENT ON VIEW analytics.media_fetches IS 'Attachments that lie at their provider, and what came of fetching them.';
COMMENT ON COLUMN analytics.media_fetches.customer_id IS 'The message''s customer.';
COMMENT ON COLUMN analytics.media_fetches.message_id IS 'The message.';
COMMENT ON COLUMN analytics.media_fetches.position IS 'Which of its attachments.';
COMMENT ON COLUMN analytics.media_fetches.channel_id IS 'The channel whose credential its provider is shown.';
COMMENT ON COLUMN analytics.media_fetches.status IS 'pending: to be fetched. stored: it is a file of ours. failed: given up, until somebody tries again.';
COMMENT ON COLUMN analytics.media_fetches.attempt_count IS 'How often it was tried since it was queued.';
COMMENT ON COLUMN analytics.media_fetches.queued_at IS 'Since when it is to be fetched; counts anew where somebody tries again.';
COMMENT ON COLUMN analytics.media_fetches.settled_at IS 'When it was stored or given up; NULL while it is pending.';
COMMENT ON COLUMN analytics.media_fetches.error_class IS 'What the last failure is called; NULL where there was none since it was queued.';
