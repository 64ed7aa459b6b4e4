DROP TABLE api_keys;
DROP TABLE channels;
DROP TABLE customers;
