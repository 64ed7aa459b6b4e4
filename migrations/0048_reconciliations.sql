-- Channels whose provider is asked what came in, and what the last time brought.

CREATE TABLE reconciliations (
    customer_id bigint NOT NULL,
    channel_id uuid NOT NULL,
    every_minutes integer CHECK (every_minutes BETWEEN 1 AND 10080),
    fence bigint NOT NULL DEFAULT 0,
    held_until timestamptz,
    began_at timestamptz,
    ended_at timestamptz,
    covered_until timestamptz,
    listed_count bigint NOT NULL DEFAULT 0 CHECK (listed_count >= 0),
    new_count bigint NOT NULL DEFAULT 0 CHECK (new_count >= 0),
    error_class text,
    detail text,
    PRIMARY KEY (customer_id, channel_id),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id),
    CHECK ((error_class IS NULL) = (detail IS NULL))
);

COMMENT ON TABLE reconciliations IS 'How each channel''s provider is asked for messages whose webhooks were missed.';
COMMENT ON COLUMN reconciliations.customer_id IS 'The customer of the channel.';
COMMENT ON COLUMN reconciliations.channel_id IS 'The channel.';
COMMENT ON COLUMN reconciliations.every_minutes IS 'How often workers ask; NULL: only who orders it.';
COMMENT ON COLUMN reconciliations.fence IS 'Counts who has asked: whoever has an older number changes nothing.';
COMMENT ON COLUMN reconciliations.held_until IS 'Until when somebody is asking, at the latest; NULL where nobody is.';
COMMENT ON COLUMN reconciliations.began_at IS 'When asking last began, by the database clock.';
COMMENT ON COLUMN reconciliations.ended_at IS 'When it last ended, well or not, by the database clock.';
COMMENT ON COLUMN reconciliations.covered_until IS 'What came in before this is here; NULL where workers have not asked yet.';
COMMENT ON COLUMN reconciliations.listed_count IS 'How many messages the provider listed the last time.';
COMMENT ON COLUMN reconciliations.new_count IS 'How many of them were not here.';
COMMENT ON COLUMN reconciliations.error_class IS 'Why the last time failed, as a stable word; NULL where it went well.';
COMMENT ON COLUMN reconciliations.detail IS 'The same in a sentence.';
