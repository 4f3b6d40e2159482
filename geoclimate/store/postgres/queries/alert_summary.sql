SELECT
  (SELECT count(*) FROM alerts),
  (SELECT max(created_at) FROM alerts),
  (SELECT count(*) FROM alerts WHERE phase IN (1, 3)),
  (SELECT count(*) FROM alert_events WHERE ended_at IS NULL),
  (SELECT min(created_at) FROM alert_events WHERE ended_at IS NULL),
  (SELECT count(*) FROM alert_events WHERE ended_at IS NOT NULL)
