UPDATE alert_events SET attempts = 0, due_at = $3, ended_at = NULL
WHERE id = $1 AND ended_at IS NOT NULL
  AND ($2 IS NULL OR alert IN (SELECT id FROM alerts WHERE owner = $2))
RETURNING id
