INSERT INTO alert_events (id, alert, key_id, target, body, created_at, attempts, due_at, error, ended_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)
