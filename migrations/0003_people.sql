-- The people: addresses and texts stored once under a 64-bit hash, and contacts behind addresses.
-- The checks hold the canonical forms; the application normalises and hashes before it writes.

CREATE TABLE contacts (
    customer_id bigint NOT NULL REFERENCES customers (id),
    id uuid NOT NULL,
    name text,
    merged_into uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, merged_into) REFERENCES contacts (customer_id, id),
    CHECK (merged_into <> id)
);

CREATE TABLE addresses (
    customer_id bigint NOT NULL,
    hash bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('phone', 'email', 'handle')),
    value text NOT NULL CHECK (value <> '' AND length(value) <= 320),
    is_validated boolean NOT NULL,
    contact_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, hash),
    UNIQUE (customer_id, value, kind),
    FOREIGN KEY (customer_id, contact_id) REFERENCES contacts (customer_id, id),
    CHECK (kind <> 'phone' OR value ~ '^\+[1-9][0-9]{6,14}$'),
    CHECK (kind <> 'email' OR value ~ '@[^@A-Z]*$')
);

CREATE INDEX addresses_of_contact ON addresses (customer_id, contact_id);

CREATE TABLE bodies (
    customer_id bigint NOT NULL,
    hash bigint NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (customer_id, hash)
);

COMMENT ON TABLE contacts IS 'The people behind one or more addresses.';
COMMENT ON COLUMN contacts.customer_id IS 'The customer who knows them.';
COMMENT ON COLUMN contacts.id IS 'Derived from the address that was first seen, so a rebuild gives the same id.';
COMMENT ON COLUMN contacts.name IS 'What agents call the person; NULL until somebody says.';
COMMENT ON COLUMN contacts.merged_into IS 'The contact that took this one''s place.';
COMMENT ON COLUMN contacts.created_at IS 'When the row was made, by the database clock.';

COMMENT ON TABLE addresses IS 'Every canonical reachable point, once.';
COMMENT ON COLUMN addresses.customer_id IS 'The customer who exchanged messages with it.';
COMMENT ON COLUMN addresses.hash IS 'xxh3_64 of kind and value; the next probe where another value holds that hash.';
COMMENT ON COLUMN addresses.kind IS 'phone (E.164), email, or handle (short codes, alphanumeric senders).';
COMMENT ON COLUMN addresses.value IS 'The canonical form.';
COMMENT ON COLUMN addresses.is_validated IS 'False where the form could not be confirmed; kept all the same.';
COMMENT ON COLUMN addresses.contact_id IS 'Who is behind it; NULL for a customer''s own address.';
COMMENT ON COLUMN addresses.created_at IS 'When the row was made, by the database clock.';

COMMENT ON TABLE bodies IS 'Every message text, once.';
COMMENT ON COLUMN bodies.customer_id IS 'The customer whose messages carry it.';
COMMENT ON COLUMN bodies.hash IS 'xxh3_64 of the text; the next probe where another text holds that hash.';
COMMENT ON COLUMN bodies.text IS 'The text, without NUL.';
