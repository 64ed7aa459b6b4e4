-- What agents do with conversations: read them, answer, sort, note, tag, merge, split, snooze.

ALTER TABLE channels
    ADD COLUMN closed_policy text NOT NULL DEFAULT 'continue'
        CHECK (closed_policy IN ('continue', 'new_after_close', 'new_after_idle')),
    ADD COLUMN idle_hours integer CHECK (idle_hours >= 1),
    ADD CHECK ((closed_policy = 'new_after_idle') = (idle_hours IS NOT NULL));

ALTER TABLE conversations
    ADD COLUMN snoozed_until timestamptz,
    ADD COLUMN last_inbound_seq integer NOT NULL DEFAULT 0,
    ADD COLUMN last_outbound_at timestamptz,
    ADD COLUMN waiting_since timestamptz;

UPDATE conversations SET last_inbound_seq = last_seq, waiting_since = first_message_at;
UPDATE conversations SET status = 'open' WHERE status = 'snoozed';

ALTER TABLE conversations
    ADD CHECK ((status = 'snoozed') = (snoozed_until IS NOT NULL)),
    ADD CHECK (last_inbound_seq BETWEEN 0 AND last_seq);

CREATE INDEX conversations_by_assignee
    ON conversations (customer_id, assignee_id, status, last_activity_at DESC, id DESC);
CREATE INDEX conversations_needing_reply
    ON conversations (customer_id, last_activity_at DESC, id DESC)
    WHERE waiting_since IS NOT NULL AND status IN ('open', 'pending');
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE status = 'snoozed';

CREATE TABLE read_marks (
    customer_id bigint NOT NULL,
    agent_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    last_read_seq integer NOT NULL CHECK (last_read_seq >= 0),
    PRIMARY KEY (customer_id, agent_id, conversation_id),
    FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id),
    FOREIGN KEY (customer_id, conversation_id) REFERENCES conversations (customer_id, id)
        ON DELETE CASCADE
);

CREATE INDEX read_marks_of_conversation ON read_marks (customer_id, conversation_id);

CREATE TABLE notes (
    customer_id bigint NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    agent_id uuid,
    text text NOT NULL CHECK (text <> '' AND length(text) <= 20000),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, conversation_id) REFERENCES conversations (customer_id, id),
    FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id)
);

CREATE INDEX notes_of_conversation ON notes (customer_id, conversation_id, id);

CREATE TABLE conversation_tags (
    customer_id bigint NOT NULL,
    conversation_id uuid NOT NULL,
    tag text NOT NULL CHECK (tag ~ '^[^\s,/][^\s,/]{0,63}$' AND tag = lower(tag)),
    PRIMARY KEY (customer_id, conversation_id, tag),
    FOREIGN KEY (customer_id, conversation_id) REFERENCES conversations (customer_id, id)
);

CREATE INDEX conversation_tags_by_tag ON conversation_tags (customer_id, tag, conversation_id);

CREATE TABLE canned_replies (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
    text text NOT NULL CHECK (text <> '' AND length(text) <= 20000),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, name)
);

CREATE TABLE jobs (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('bulk')),
    request jsonb NOT NULL,
    status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'done', 'canceled', 'failed')),
    agent_id uuid,
    key_id uuid,
    total integer NOT NULL CHECK (total >= 0),
    changed integer NOT NULL DEFAULT 0 CHECK (changed >= 0),
    unchanged integer NOT NULL DEFAULT 0 CHECK (unchanged >= 0),
    failed integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
    error_class text,
    cursor_at timestamptz,
    cursor_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id),
    CHECK ((ended_at IS NOT NULL) = (status IN ('done', 'canceled', 'failed')))
);

CREATE INDEX jobs_to_do ON jobs (created_at) WHERE status IN ('queued', 'running');

ALTER TABLE contacts ADD COLUMN version bigint NOT NULL DEFAULT 1;

CREATE TABLE contact_merges (
    customer_id bigint NOT NULL,
    id uuid NOT NULL,
    from_id uuid NOT NULL,
    into_id uuid NOT NULL,
    address_hashes bigint[] NOT NULL,
    into_name_before text,
    agent_id uuid,
    merged_at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, from_id) REFERENCES contacts (customer_id, id),
    FOREIGN KEY (customer_id, into_id) REFERENCES contacts (customer_id, id),
    FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id),
    CHECK (from_id <> into_id)
);

CREATE UNIQUE INDEX contact_merges_standing ON contact_merges (customer_id, from_id)
    WHERE undone_at IS NULL;

ALTER TABLE conversation_merges
    ADD COLUMN agent_id uuid,
    ADD COLUMN channel_id uuid,
    ADD COLUMN key_hash uuid,
    ADD COLUMN generation integer,
    ADD COLUMN is_current boolean NOT NULL DEFAULT false,
    ADD FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id),
    DROP CONSTRAINT conversation_merges_reason_check,
    ADD CONSTRAINT conversation_merges_reason_check CHECK (reason IN ('late_parent', 'agent')),
    ADD CHECK (NOT is_current OR (channel_id IS NOT NULL AND key_hash IS NOT NULL
        AND generation IS NOT NULL));

CREATE UNIQUE INDEX conversation_merges_current_key
    ON conversation_merges (customer_id, channel_id, key_hash) WHERE is_current;
CREATE INDEX conversation_merges_into ON conversation_merges (customer_id, into_id);

CREATE TABLE conversation_splits (
    customer_id bigint NOT NULL,
    id uuid NOT NULL,
    from_id uuid NOT NULL,
    into_id uuid NOT NULL,
    from_seq integer NOT NULL CHECK (from_seq >= 2),
    moved integer NOT NULL CHECK (moved >= 1),
    agent_id uuid,
    split_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id),
    CHECK (from_id <> into_id)
);

COMMENT ON COLUMN channels.closed_policy IS 'Where a message for a closed conversation goes: continue in it, new_after_close, or new_after_idle.';
COMMENT ON COLUMN channels.idle_hours IS 'Hours without activity after which new_after_idle begins a new conversation.';

COMMENT ON COLUMN conversations.snoozed_until IS 'When it opens again by itself; set exactly while the status is snoozed.';
COMMENT ON COLUMN conversations.last_inbound_seq IS 'The highest seq of a message that somebody sent us; unread is decided by it.';
COMMENT ON COLUMN conversations.last_outbound_at IS 'When we last wrote.';
COMMENT ON COLUMN conversations.waiting_since IS 'sent_at of the first inbound message after our last one; NULL when nobody waits.';

COMMENT ON TABLE read_marks IS 'How far each agent has read each conversation.';
COMMENT ON COLUMN read_marks.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN read_marks.agent_id IS 'Who read.';
COMMENT ON COLUMN read_marks.conversation_id IS 'What was read.';
COMMENT ON COLUMN read_marks.last_read_seq IS 'The highest seq that was read; inbound messages above it are unread.';

COMMENT ON TABLE notes IS 'What agents tell each other about a conversation; never sent to anybody.';
COMMENT ON COLUMN notes.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN notes.id IS 'UUIDv7 made by the application.';
COMMENT ON COLUMN notes.conversation_id IS 'The conversation.';
COMMENT ON COLUMN notes.agent_id IS 'Who wrote it; NULL for a program.';
COMMENT ON COLUMN notes.text IS 'What it says.';
COMMENT ON COLUMN notes.created_at IS 'When the row was made, by the database clock.';

COMMENT ON TABLE conversation_tags IS 'Words that agents sort conversations by.';
COMMENT ON COLUMN conversation_tags.customer_id IS 'The conversation''s customer.';
COMMENT ON COLUMN conversation_tags.conversation_id IS 'The conversation.';
COMMENT ON COLUMN conversation_tags.tag IS 'One lower-case word without white space, comma or slash.';

COMMENT ON TABLE canned_replies IS 'Texts that agents send often.';
COMMENT ON COLUMN canned_replies.customer_id IS 'Whose they are.';
COMMENT ON COLUMN canned_replies.id IS 'UUIDv7 made by the application.';
COMMENT ON COLUMN canned_replies.name IS 'What an agent types after a slash.';
COMMENT ON COLUMN canned_replies.text IS 'What it stands for.';
COMMENT ON COLUMN canned_replies.version IS 'Grows with every change.';
COMMENT ON COLUMN canned_replies.created_at IS 'When the row was made, by the database clock.';
COMMENT ON COLUMN canned_replies.updated_at IS 'When it last changed, by the database clock.';

COMMENT ON TABLE jobs IS 'Long work that somebody asked for, and how far it is.';
COMMENT ON COLUMN jobs.customer_id IS 'Whose it is.';
COMMENT ON COLUMN jobs.id IS 'UUIDv7 made by the application.';
COMMENT ON COLUMN jobs.kind IS 'bulk: one action on many conversations.';
COMMENT ON COLUMN jobs.request IS 'What was asked for.';
COMMENT ON COLUMN jobs.status IS 'queued, running, done, canceled or failed.';
COMMENT ON COLUMN jobs.agent_id IS 'Who asked; NULL for a program.';
COMMENT ON COLUMN jobs.key_id IS 'The key that was used.';
COMMENT ON COLUMN jobs.total IS 'How many conversations matched when it was asked for.';
COMMENT ON COLUMN jobs.changed IS 'How many it changed so far.';
COMMENT ON COLUMN jobs.unchanged IS 'How many were as asked already.';
COMMENT ON COLUMN jobs.failed IS 'How many could not be changed.';
COMMENT ON COLUMN jobs.error_class IS 'Why it failed as a whole.';
COMMENT ON COLUMN jobs.cursor_at IS 'last_activity_at of the last conversation it came to.';
COMMENT ON COLUMN jobs.cursor_id IS 'The last conversation it came to.';
COMMENT ON COLUMN jobs.created_at IS 'When the row was made, by the database clock.';
COMMENT ON COLUMN jobs.started_at IS 'When work on it began.';
COMMENT ON COLUMN jobs.ended_at IS 'When it ended; set exactly in the three last states.';

COMMENT ON COLUMN contacts.name IS 'What the person is called: as their first e-mail said, until an agent says; NULL where nobody did.';
COMMENT ON COLUMN contacts.version IS 'Grows with every change.';

COMMENT ON TABLE contact_merges IS 'Contacts that were found to be one person, with what it takes to undo that.';
COMMENT ON COLUMN contact_merges.customer_id IS 'The contacts'' customer.';
COMMENT ON COLUMN contact_merges.id IS 'UUIDv7 made by the application.';
COMMENT ON COLUMN contact_merges.from_id IS 'The contact whose addresses moved.';
COMMENT ON COLUMN contact_merges.into_id IS 'The contact that has them now.';
COMMENT ON COLUMN contact_merges.address_hashes IS 'The addresses that moved.';
COMMENT ON COLUMN contact_merges.into_name_before IS 'The name it had before it took the other''s; NULL where it had none.';
COMMENT ON COLUMN contact_merges.agent_id IS 'Who did it; NULL for a program.';
COMMENT ON COLUMN contact_merges.merged_at IS 'When, by the database clock.';
COMMENT ON COLUMN contact_merges.undone_at IS 'When it was undone; NULL while it stands.';

COMMENT ON COLUMN conversation_merges.reason IS 'late_parent: the mail that it answers arrived after it; agent: somebody merged them.';
COMMENT ON COLUMN conversation_merges.agent_id IS 'Who merged them; NULL for Inlet itself and for a program.';
COMMENT ON COLUMN conversation_merges.channel_id IS 'The channel of the conversation that is no more.';
COMMENT ON COLUMN conversation_merges.key_hash IS 'Its key.';
COMMENT ON COLUMN conversation_merges.generation IS 'Its generation.';
COMMENT ON COLUMN conversation_merges.is_current IS 'Whether new messages of its key belong to the conversation that it joined.';

COMMENT ON TABLE conversation_splits IS 'Messages that were moved out of a conversation into one of their own.';
COMMENT ON COLUMN conversation_splits.customer_id IS 'The conversations'' customer.';
COMMENT ON COLUMN conversation_splits.id IS 'UUIDv7 made by the application.';
COMMENT ON COLUMN conversation_splits.from_id IS 'Where they were.';
COMMENT ON COLUMN conversation_splits.into_id IS 'Where they are.';
COMMENT ON COLUMN conversation_splits.from_seq IS 'The seq of the first message that moved; all later ones moved with it.';
COMMENT ON COLUMN conversation_splits.moved IS 'How many moved.';
COMMENT ON COLUMN conversation_splits.agent_id IS 'Who did it; NULL for a program.';
COMMENT ON COLUMN conversation_splits.split_at IS 'When, by the database clock.';
