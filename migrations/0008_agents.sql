-- Who works in the inbox, what their keys allow, and a record of everything they change.

CREATE TABLE agents (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    role text NOT NULL CHECK (role IN ('agent', 'lead', 'operator', 'analyst', 'admin')),
    read_from timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, name)
);

ALTER TABLE api_keys
    ADD COLUMN agent_id uuid,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN last_used_at timestamptz,
    ADD FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id);

CREATE TABLE web_sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    customer_id bigint NOT NULL,
    key_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (customer_id, key_id) REFERENCES api_keys (customer_id, id)
);

CREATE INDEX web_sessions_by_expiry ON web_sessions (expires_at);

CREATE TABLE audit (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    agent_id uuid,
    key_id uuid,
    action text NOT NULL CHECK (action <> ''),
    conversation_id uuid,
    object_id uuid,
    detail jsonb NOT NULL DEFAULT '{}',
    request_id text,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, agent_id) REFERENCES agents (customer_id, id)
);

CREATE INDEX audit_of_conversation ON audit (customer_id, conversation_id, id)
    WHERE conversation_id IS NOT NULL;
CREATE INDEX audit_of_agent ON audit (customer_id, agent_id, id) WHERE agent_id IS NOT NULL;
CREATE INDEX audit_of_object ON audit (customer_id, object_id, id) WHERE object_id IS NOT NULL;
CREATE INDEX audit_of_action ON audit (customer_id, action, id);

ALTER TABLE conversations
    ADD FOREIGN KEY (customer_id, assignee_id) REFERENCES agents (customer_id, id);

COMMENT ON TABLE agents IS 'The people who work in the inbox.';
COMMENT ON COLUMN agents.customer_id IS 'The customer they work for.';
COMMENT ON COLUMN agents.id IS 'UUIDv7 made by the application.';
COMMENT ON COLUMN agents.name IS 'What colleagues call them.';
COMMENT ON COLUMN agents.role IS 'agent, lead, operator, analyst or admin: the most that their keys allow.';
COMMENT ON COLUMN agents.read_from IS 'What arrived before this counts as read by them.';
COMMENT ON COLUMN agents.disabled_at IS 'When they stopped working here; NULL while they do.';
COMMENT ON COLUMN agents.version IS 'Grows with every change.';
COMMENT ON COLUMN agents.created_at IS 'When the row was made, by the database clock.';

COMMENT ON COLUMN api_keys.agent_id IS 'The agent it speaks for; NULL for a program of its own.';
COMMENT ON COLUMN api_keys.expires_at IS 'When it stops working by itself; NULL for never.';
COMMENT ON COLUMN api_keys.last_used_at IS 'When it was last used, give or take a minute.';

COMMENT ON TABLE web_sessions IS 'Who is logged in to the page. Only the hash of the cookie is kept.';
COMMENT ON COLUMN web_sessions.token_hash IS 'SHA-256 of the cookie.';
COMMENT ON COLUMN web_sessions.customer_id IS 'The key''s customer.';
COMMENT ON COLUMN web_sessions.key_id IS 'The key that was used to log in; once it is revoked, so is the session.';
COMMENT ON COLUMN web_sessions.created_at IS 'When the row was made, by the database clock.';
COMMENT ON COLUMN web_sessions.expires_at IS 'When it ends by itself.';

COMMENT ON TABLE audit IS 'Every change that somebody made, in the transaction that made it.';
COMMENT ON COLUMN audit.customer_id IS 'The customer it happened to.';
COMMENT ON COLUMN audit.id IS 'UUIDv7 made by the application: sorts by time.';
COMMENT ON COLUMN audit.agent_id IS 'Who did it; NULL for a program or for Inlet itself.';
COMMENT ON COLUMN audit.key_id IS 'The key that was used; NULL for Inlet itself and for operators at the terminal.';
COMMENT ON COLUMN audit.action IS 'conversation.assigned, note.created, ...';
COMMENT ON COLUMN audit.conversation_id IS 'The conversation it was done to.';
COMMENT ON COLUMN audit.object_id IS 'What else it was done to: a contact, an agent, a key, ...';
COMMENT ON COLUMN audit.detail IS 'What changed, as words and ids; never a text or an address.';
COMMENT ON COLUMN audit.request_id IS 'The X-Request-Id of the request that did it.';
COMMENT ON COLUMN audit.at IS 'When, by the database clock.';
