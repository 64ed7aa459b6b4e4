DROP VIEW analytics.contract;
DROP VIEW analytics.agent_activity;
DROP VIEW analytics.channel_volume;
DROP VIEW analytics.delivery;
DROP VIEW analytics.resolution_times;
DROP VIEW analytics.response_times;
DROP VIEW analytics.events;
