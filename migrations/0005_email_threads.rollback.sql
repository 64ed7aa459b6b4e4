DROP TABLE conversation_merges;
DROP TABLE email_awaited;
DROP TABLE email_message_ids;
