DROP TABLE outbound_look_ups;
