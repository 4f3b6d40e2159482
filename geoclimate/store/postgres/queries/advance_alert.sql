UPDATE alerts SET phase = $3, episode = $4, last_event_at = $5, turn = turn + 1 WHERE id = $1 AND turn = $2
RETURNING id
