ALTER TABLE conversations DROP CONSTRAINT conversations_customer_id_assignee_id_fkey;
DROP TABLE audit;
DROP TABLE web_sessions;
ALTER TABLE api_keys DROP COLUMN agent_id, DROP COLUMN expires_at, DROP COLUMN last_used_at;
DROP TABLE agents;
