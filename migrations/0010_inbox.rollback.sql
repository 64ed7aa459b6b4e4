DROP TABLE conversation_splits;
DROP INDEX conversation_merges_into;
DROP INDEX conversation_merges_current_key;
DELETE FROM conversation_merges WHERE reason = 'agent';
ALTER TABLE conversation_merges
    DROP CONSTRAINT conversation_merges_reason_check,
    ADD CONSTRAINT conversation_merges_reason_check CHECK (reason IN ('late_parent')),
    DROP COLUMN agent_id,
    DROP COLUMN channel_id,
    DROP COLUMN key_hash,
    DROP COLUMN generation,
    DROP COLUMN is_current;
DROP TABLE contact_merges;
ALTER TABLE contacts DROP COLUMN version;
COMMENT ON COLUMN contacts.name IS 'What agents call the person; NULL until somebody says.';
DROP TABLE jobs;
DROP TABLE canned_replies;
DROP TABLE conversation_tags;
DROP TABLE notes;
DROP TABLE read_marks;
DROP INDEX conversations_by_assignee;
DROP INDEX conversations_needing_reply;
DROP INDEX conversations_snoozed;
ALTER TABLE conversations
    DROP COLUMN snoozed_until,
    DROP COLUMN last_inbound_seq,
    DROP COLUMN last_outbound_at,
    DROP COLUMN waiting_since;
ALTER TABLE channels DROP COLUMN closed_policy, DROP COLUMN idle_hours;
