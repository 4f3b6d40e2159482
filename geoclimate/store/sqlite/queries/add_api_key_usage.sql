INSERT INTO api_key_usage (prefix, day, requests, rows)
SELECT prefix, ?2, ?3, ?4 FROM api_keys WHERE prefix = ?1
ON CONFLICT (day, prefix) DO UPDATE SET requests = requests + excluded.requests, rows = rows + excluded.rows
