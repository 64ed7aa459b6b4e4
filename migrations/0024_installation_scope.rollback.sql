-- The scope stays: what does not know it lets nobody in by it.
ALTER TABLE api_keys DROP CONSTRAINT api_keys_installation_check;
