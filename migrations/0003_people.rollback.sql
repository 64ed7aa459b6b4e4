DROP TABLE bodies;
DROP TABLE addresses;
DROP TABLE contacts;
