SELECT e.id, e.alert, e.key_id, e.target, e.body, e.created_at, e.attempts, e.due_at, e.error, e.ended_at
FROM alert_events AS e JOIN alerts AS a ON a.id = e.alert
WHERE e.ended_at IS NOT NULL AND (?1 IS NULL OR a.owner = ?1)
ORDER BY e.ended_at DESC, e.id DESC LIMIT ?2
