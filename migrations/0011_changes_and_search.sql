-- Who follows the outbox and how far they are, and what is searched.

ALTER TABLE outbox
    ALTER COLUMN conversation_id DROP NOT NULL,
    ADD COLUMN object_id uuid,
    ADD COLUMN version bigint,
    ADD COLUMN message_seq integer;

CREATE INDEX outbox_in_order ON outbox (xid, seq);
CREATE INDEX outbox_by_age ON outbox (created_at);

CREATE TABLE outbox_cursors (
    consumer text PRIMARY KEY CHECK (consumer <> ''),
    xid xid8 NOT NULL,
    seq bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE customers
    ADD COLUMN search_language regconfig NOT NULL DEFAULT 'simple';

CREATE SEQUENCE search_number AS bigint;

CREATE TABLE search_documents (
    customer_id bigint NOT NULL,
    message_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    number bigint NOT NULL,
    text text NOT NULL,
    terms tsvector NOT NULL,
    PRIMARY KEY (customer_id, message_id)
);

CREATE INDEX search_documents_terms ON search_documents USING gin (terms)
    WITH (fastupdate = off); -- a list of rows not yet in the index would be read by every search

CREATE TABLE search_words (
    customer_id bigint NOT NULL,
    word text COLLATE "C" NOT NULL,
    PRIMARY KEY (customer_id, word)
);

COMMENT ON TABLE outbox IS 'What happened, written with the thing itself. Read (xid, seq) below pg_snapshot_xmin.';
COMMENT ON COLUMN outbox.type IS 'message.received, message.updated, conversation.updated, conversation.merged, ...';
COMMENT ON COLUMN outbox.conversation_id IS 'The conversation it is about; NULL where it is about something else.';
COMMENT ON COLUMN outbox.object_id IS 'What else it is about: a contact, the conversation that took another in, ...';
COMMENT ON COLUMN outbox.version IS 'The version that the conversation or the object had then.';
COMMENT ON COLUMN outbox.message_seq IS 'The message''s seq.';

COMMENT ON TABLE outbox_cursors IS 'How far each consumer of the outbox is; the consumer ''pruned'' is how far it was emptied.';
COMMENT ON COLUMN outbox_cursors.consumer IS 'search, pruned, ...';
COMMENT ON COLUMN outbox_cursors.xid IS 'The transaction of the last row it has done.';
COMMENT ON COLUMN outbox_cursors.seq IS 'The seq of that row.';
COMMENT ON COLUMN outbox_cursors.updated_at IS 'When, by the database clock.';

COMMENT ON COLUMN customers.search_language IS 'How texts are taken apart for search; simple keeps every word as it is.';

COMMENT ON TABLE search_documents IS 'What can be found: one row per message, kept by a consumer of the outbox.';
COMMENT ON COLUMN search_documents.customer_id IS 'The message''s customer.';
COMMENT ON COLUMN search_documents.message_id IS 'The message.';
COMMENT ON COLUMN search_documents.conversation_id IS 'Its conversation.';
COMMENT ON COLUMN search_documents.number IS 'Grows with every row: newer is higher. Results are ordered by it.';
COMMENT ON COLUMN search_documents.text IS 'The beginning of the message as plain text, for snippets.';
COMMENT ON COLUMN search_documents.terms IS 'Words, names, addresses, and the block that the row lies in.';

COMMENT ON TABLE search_words IS 'Every word that can be found: what the beginning of a word may stand for.';
COMMENT ON COLUMN search_words.customer_id IS 'The customer whose messages have it.';
COMMENT ON COLUMN search_words.word IS 'The word as the index has it.';
