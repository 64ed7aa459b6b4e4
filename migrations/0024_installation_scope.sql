-- What concerns all customers together is for those who run the installation: customer 1, and of its
-- keys those that were let in to it before.

UPDATE api_keys
SET scopes = array_append(scopes, 'installation:read')
WHERE customer_id = 1
    AND 'operator' = ANY (scopes)
    AND NOT 'installation:read' = ANY (scopes);

ALTER TABLE api_keys
    ADD CONSTRAINT api_keys_installation_check
    CHECK (customer_id = 1 OR NOT 'installation:read' = ANY (scopes));
