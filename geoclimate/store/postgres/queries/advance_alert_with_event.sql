WITH moved AS (
  UPDATE alerts SET phase = $3, episode = $4, last_event_at = $5, turn = turn + 1 WHERE id = $1 AND turn = $2
  RETURNING id
), added AS (
  INSERT INTO alert_events (id, alert, key_id, target, body, created_at, attempts, due_at, error, ended_at)
  SELECT $6, moved.id, $7, $8, $9, $10, $11, $12, $13, NULL FROM moved
)
SELECT id FROM moved
