WITH gone AS (
  DELETE FROM alert_events
  WHERE id IN (SELECT id FROM alert_events WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC OFFSET $1)
  RETURNING id
)
SELECT count(*) FROM gone
