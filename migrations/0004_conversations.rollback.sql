DROP TABLE message_receipts;
DROP TABLE attachments;
DROP TABLE message_recipients;
DROP TABLE messages;
DROP TABLE conversation_participants;
DROP TABLE conversations;
