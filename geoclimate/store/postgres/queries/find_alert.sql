SELECT id, owner, created_at, rule, key_id, phase, episode, last_event_at, turn
FROM alerts WHERE id = $1
