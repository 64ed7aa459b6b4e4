DROP VIEW analytics.suppression_lifts;
DROP VIEW analytics.suppressions;
DROP VIEW standing_suppressions;
DROP TABLE suppression_lifts;
DROP TABLE suppressions;
