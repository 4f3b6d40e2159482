UPDATE alert_events SET attempts = $2, due_at = $3, error = $4, ended_at = $5 WHERE id = $1 AND ended_at IS NULL
