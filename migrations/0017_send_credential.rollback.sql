ALTER TABLE channels DROP COLUMN credential;
COMMENT ON COLUMN channels.secrets IS 'Signing secrets, newest first, encrypted with SECRET_KEY.';
