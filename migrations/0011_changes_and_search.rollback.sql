DROP TABLE search_words;
DROP TABLE search_documents;
DROP SEQUENCE search_number;
ALTER TABLE customers DROP COLUMN search_language;
DROP TABLE outbox_cursors;
DROP INDEX outbox_by_age;
DROP INDEX outbox_in_order;
DELETE FROM outbox WHERE conversation_id IS NULL;
ALTER TABLE outbox
    ALTER COLUMN conversation_id SET NOT NULL,
    DROP COLUMN object_id,
    DROP COLUMN version,
    DROP COLUMN message_seq;
