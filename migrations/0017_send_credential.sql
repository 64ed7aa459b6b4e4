-- What verifies a provider's webhooks and what is shown to the provider change apart from another.

ALTER TABLE channels ADD COLUMN credential bytea;

-- Until now the newest secret was both.
UPDATE channels SET credential = secrets;

COMMENT ON COLUMN channels.secrets IS 'What webhooks are verified with, newest first, encrypted with SECRET_KEY.';
COMMENT ON COLUMN channels.credential IS 'What the provider asks of us when we send or fetch (an API key, an auth token), the first of a list encrypted with SECRET_KEY; NULL: none.';
