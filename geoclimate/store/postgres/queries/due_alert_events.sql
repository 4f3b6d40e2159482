SELECT id, alert, key_id, target, body, created_at, attempts, due_at, error, ended_at
FROM alert_events WHERE ended_at IS NULL AND due_at <= $1 ORDER BY due_at, id LIMIT $2
