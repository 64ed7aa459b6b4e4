-- The roles stay: they are of the server, and other databases may use them.
DROP SCHEMA analytics CASCADE;
DROP TABLE analysts;
