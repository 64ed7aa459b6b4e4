-- Messages whose provider is asked whether it has them, since its answer was lost.

CREATE TABLE outbound_look_ups (
    customer_id bigint NOT NULL,
    message_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    attempted_at timestamptz NOT NULL,
    next_look_at timestamptz NOT NULL,
    look_count integer NOT NULL DEFAULT 0 CHECK (look_count >= 0),
    PRIMARY KEY (customer_id, message_id),
    FOREIGN KEY (customer_id, message_id) REFERENCES messages (customer_id, id),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id)
);

CREATE INDEX outbound_look_ups_due ON outbound_look_ups (next_look_at);

COMMENT ON TABLE outbound_look_ups IS 'Messages that may have been sent and whose provider is asked for them; a row goes once it is known, or nobody asks any more.';
COMMENT ON COLUMN outbound_look_ups.customer_id IS 'The customer who sent it.';
COMMENT ON COLUMN outbound_look_ups.message_id IS 'The message, whose status is unknown.';
COMMENT ON COLUMN outbound_look_ups.channel_id IS 'The channel that it left by.';
COMMENT ON COLUMN outbound_look_ups.attempted_at IS 'When the attempt began whose answer was lost.';
COMMENT ON COLUMN outbound_look_ups.next_look_at IS 'When its provider is asked next; while somebody asks, when somebody else may.';
COMMENT ON COLUMN outbound_look_ups.look_count IS 'How often the provider has answered that it is not there.';
