INSERT INTO api_key_usage (prefix, day, requests, rows) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (day, prefix) DO UPDATE SET requests = excluded.requests, rows = excluded.rows
