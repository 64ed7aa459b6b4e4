ALTER TABLE workers DROP COLUMN version;
ALTER TABLE channels DROP COLUMN silence_minutes;
DROP TABLE channel_activity;
DROP TABLE channel_hours;
DROP TABLE web_processes;
