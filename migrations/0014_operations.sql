-- What operators look at: the web processes, and what each channel has taken and refused.

CREATE TABLE web_processes (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    accepted bigint NOT NULL,
    duplicates bigint NOT NULL,
    rejected bigint NOT NULL,
    unavailable bigint NOT NULL,
    spool_rows bigint NOT NULL,
    spool_bytes bigint NOT NULL,
    spool_oldest_at timestamptz,
    waiting_rows integer NOT NULL,
    streams integer NOT NULL,
    commit_ms double precision NOT NULL
);

CREATE TABLE channel_hours (
    customer_id bigint NOT NULL,
    channel_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    accepted bigint NOT NULL,
    duplicates bigint NOT NULL,
    rejected bigint NOT NULL,
    unreadable bigint NOT NULL,
    PRIMARY KEY (customer_id, channel_id, hour),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id)
);

CREATE INDEX channel_hours_by_hour ON channel_hours (hour);

CREATE TABLE channel_activity (
    customer_id bigint NOT NULL,
    channel_id uuid NOT NULL,
    last_accepted_at timestamptz,
    last_rejected_at timestamptz,
    last_rejected_reason text,
    PRIMARY KEY (customer_id, channel_id),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id)
);

ALTER TABLE channels ADD COLUMN silence_minutes integer CHECK (silence_minutes > 0);
ALTER TABLE workers ADD COLUMN version text NOT NULL DEFAULT '';

COMMENT ON TABLE web_processes IS 'Every web process and what it has done since it started.';
COMMENT ON COLUMN web_processes.id IS 'UUIDv7 made at the start of the process.';
COMMENT ON COLUMN web_processes.host IS 'Where it runs.';
COMMENT ON COLUMN web_processes.pid IS 'Its process id there.';
COMMENT ON COLUMN web_processes.version IS 'The version of Inlet that it runs.';
COMMENT ON COLUMN web_processes.started_at IS 'When it started, by its clock.';
COMMENT ON COLUMN web_processes.seen_at IS 'When it last reported, by the database clock.';
COMMENT ON COLUMN web_processes.accepted IS 'Events that it answered with success, repeated ones too.';
COMMENT ON COLUMN web_processes.duplicates IS 'Those of them that were kept already.';
COMMENT ON COLUMN web_processes.rejected IS 'Deliveries that it refused because of their signature.';
COMMENT ON COLUMN web_processes.unavailable IS 'Deliveries that it could not keep and asked to be sent again.';
COMMENT ON COLUMN web_processes.spool_rows IS 'Events on its disk that the database does not have yet.';
COMMENT ON COLUMN web_processes.spool_bytes IS 'How long they are together.';
COMMENT ON COLUMN web_processes.spool_oldest_at IS 'When the oldest of them arrived; NULL when there is none.';
COMMENT ON COLUMN web_processes.waiting_rows IS 'Events waiting for the next group commit.';
COMMENT ON COLUMN web_processes.streams IS 'Live streams that are open.';
COMMENT ON COLUMN web_processes.commit_ms IS 'How long its last group commit took, in milliseconds; 0 before the first.';

COMMENT ON TABLE channel_hours IS 'What each channel took and refused, hour by hour. Written every few seconds.';
COMMENT ON COLUMN channel_hours.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN channel_hours.channel_id IS 'The channel.';
COMMENT ON COLUMN channel_hours.hour IS 'The beginning of the hour.';
COMMENT ON COLUMN channel_hours.accepted IS 'Events answered with success, repeated ones too.';
COMMENT ON COLUMN channel_hours.duplicates IS 'Those of them that were kept already.';
COMMENT ON COLUMN channel_hours.rejected IS 'Deliveries refused because of their signature.';
COMMENT ON COLUMN channel_hours.unreadable IS 'Deliveries that nobody understood; kept as events all the same.';

COMMENT ON TABLE channel_activity IS 'When each channel was last heard of.';
COMMENT ON COLUMN channel_activity.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN channel_activity.channel_id IS 'The channel.';
COMMENT ON COLUMN channel_activity.last_accepted_at IS 'When a delivery was last accepted.';
COMMENT ON COLUMN channel_activity.last_rejected_at IS 'When a delivery was last refused.';
COMMENT ON COLUMN channel_activity.last_rejected_reason IS 'Why: missing_signature, bad_signature, ...';

COMMENT ON COLUMN channels.silence_minutes IS 'Silence for longer than this is an alarm; NULL: judged by the channel''s usual gap.';
COMMENT ON COLUMN workers.version IS 'The version of Inlet that it runs.';
