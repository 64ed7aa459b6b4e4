DROP TABLE workers;
DROP TABLE outbox;
