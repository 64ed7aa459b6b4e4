DROP VIEW analytics.hook_attempts;
DROP VIEW analytics.hook_deliveries;
DROP VIEW analytics.hooks;
