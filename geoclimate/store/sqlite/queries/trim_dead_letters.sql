DELETE FROM alert_events
WHERE id IN (SELECT id FROM alert_events WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT -1 OFFSET ?1)
