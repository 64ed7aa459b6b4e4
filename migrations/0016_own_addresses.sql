-- A channel may have more own addresses than one: a number pool, the aliases of a mailbox.

CREATE TABLE channel_addresses (
    customer_id bigint NOT NULL,
    channel_id uuid NOT NULL,
    value text NOT NULL CHECK (value <> '' AND length(value) <= 320),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, channel_id, value),
    FOREIGN KEY (customer_id, channel_id) REFERENCES channels (customer_id, id)
);

CREATE VIEW own_addresses AS
SELECT c.customer_id, c.id AS channel_id, c.own_address AS value
FROM channels AS c
UNION
SELECT a.customer_id, a.channel_id, a.value
FROM channel_addresses AS a;

COMMENT ON TABLE channel_addresses IS 'Own addresses of channels beside the first, which stands in channels.own_address.';
COMMENT ON COLUMN channel_addresses.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN channel_addresses.channel_id IS 'The channel that receives and sends there.';
COMMENT ON COLUMN channel_addresses.value IS 'The canonical address.';
COMMENT ON COLUMN channel_addresses.created_at IS 'When the row was made, by the database clock.';

COMMENT ON VIEW own_addresses IS 'Every own address of every channel: never a contact, never somebody we answer.';
COMMENT ON COLUMN own_addresses.customer_id IS 'The customer whose address it is.';
COMMENT ON COLUMN own_addresses.channel_id IS 'The channel that receives and sends there.';
COMMENT ON COLUMN own_addresses.value IS 'The canonical address.';

COMMENT ON COLUMN channels.own_address IS 'The first of the channel''s own addresses, canonical; what it writes from where nothing else is said.';
COMMENT ON COLUMN conversation_participants.role IS 'own: an address of the customer''s; other: everybody else.';
COMMENT ON COLUMN conversations.key_hash IS 'Hash of what makes it one conversation: the own address and the other participants, or the e-mail that began it.';
