-- Whoever reads a channel asks for its own addresses in the same way: that is written once.

CREATE VIEW addresses_of_channels AS
SELECT
    c.customer_id, c.id AS channel_id,
    ARRAY(
        SELECT a.value FROM channel_addresses AS a
        WHERE a.customer_id = c.customer_id AND a.channel_id = c.id
        ORDER BY a.value
    ) AS further_addresses,
    ARRAY(
        SELECT o.value FROM own_addresses AS o WHERE o.customer_id = c.customer_id
    ) AS customer_addresses
FROM channels AS c;

COMMENT ON VIEW addresses_of_channels IS 'The own addresses of each channel beside its first, and those of its whole customer.';
COMMENT ON COLUMN addresses_of_channels.customer_id IS 'The channel''s customer.';
COMMENT ON COLUMN addresses_of_channels.channel_id IS 'The channel that receives and sends there.';
COMMENT ON COLUMN addresses_of_channels.further_addresses IS 'Its own addresses beside channels.own_address, in order.';
COMMENT ON COLUMN addresses_of_channels.customer_addresses IS 'Every own address of every channel of the customer.';
