-- What does not say what the events and messages below it say, and how far it was looked for.

CREATE TABLE derived_differences (
    customer_id bigint NOT NULL REFERENCES customers (id),
    part text NOT NULL CHECK (part IN ('conversations', 'inbound_events')),
    id uuid NOT NULL,
    columns text[] NOT NULL CHECK (cardinality(columns) > 0),
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, part, id)
);

CREATE INDEX derived_differences_seen ON derived_differences (part, last_seen_at);

CREATE TABLE derived_walks (
    customer_id bigint NOT NULL REFERENCES customers (id),
    part text NOT NULL CHECK (part IN ('conversations', 'inbound_events')),
    after_id uuid,
    looked_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, part)
);

CREATE INDEX conversation_splits_from ON conversation_splits (customer_id, from_id);
CREATE INDEX conversation_splits_into ON conversation_splits (customer_id, into_id);

COMMENT ON TABLE derived_differences IS 'Conversations that disagree with their messages, and settled events of which nothing was made: inlet rebuild --apply mends them.';
COMMENT ON COLUMN derived_differences.customer_id IS 'The customer whose row it is.';
COMMENT ON COLUMN derived_differences.part IS 'Which table the row is of: conversations or inbound_events.';
COMMENT ON COLUMN derived_differences.id IS 'Which row.';
COMMENT ON COLUMN derived_differences.columns IS 'What disagrees: columns of the row, or what should be there beside it: messages, message_receipts, events, participants.';
COMMENT ON COLUMN derived_differences.first_seen_at IS 'When it was first found, by the database clock.';
COMMENT ON COLUMN derived_differences.last_seen_at IS 'When it was last found, by the database clock.';

COMMENT ON TABLE derived_walks IS 'How far the search for derived differences has come in each table.';
COMMENT ON COLUMN derived_walks.customer_id IS 'The customer whose rows are looked at.';
COMMENT ON COLUMN derived_walks.part IS 'Which table: conversations or inbound_events.';
COMMENT ON COLUMN derived_walks.after_id IS 'The last row that was looked at; NULL: it begins anew.';
COMMENT ON COLUMN derived_walks.looked_at IS 'When that was, by the database clock.';
