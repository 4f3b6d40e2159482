DELETE FROM alert_events WHERE id = $1 AND ended_at IS NULL
