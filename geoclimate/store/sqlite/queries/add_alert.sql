INSERT INTO alerts (id, owner, created_at, rule, key_id, phase, episode, last_event_at, turn)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
WHERE (SELECT count(*) FROM alerts WHERE owner = ?2) < ?10
