DROP INDEX conversation_splits_into;
DROP INDEX conversation_splits_from;
DROP TABLE derived_walks;
DROP TABLE derived_differences;
