DROP FUNCTION calendar_zone(bigint);
DROP FUNCTION business_seconds(bigint, timestamptz, timestamptz);
DROP TABLE opening_spans;
DROP TABLE holidays;
DROP TABLE opening_hours;
DROP TABLE business_calendars;
