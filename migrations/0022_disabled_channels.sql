-- A channel can be switched off: until it is switched on again it takes no webhook and sends nothing.

ALTER TABLE channels ADD COLUMN disabled_at timestamptz;

COMMENT ON COLUMN channels.disabled_at IS 'When the channel was switched off; NULL while it receives and sends.';
