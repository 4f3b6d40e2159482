INSERT INTO api_key_reports AS r (recorder, number, at) VALUES ($1, $2, $3)
ON CONFLICT (recorder) DO UPDATE SET number = excluded.number, at = excluded.at WHERE r.number < excluded.number
RETURNING 1
