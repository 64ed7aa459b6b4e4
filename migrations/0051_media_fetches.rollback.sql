DROP VIEW analytics.media_fetches;
DROP TABLE media_fetches;
