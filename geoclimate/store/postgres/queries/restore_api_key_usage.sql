INSERT INTO api_key_usage (day, prefix, requests, rows)
SELECT * FROM unnest($1, $2, $3, $4)
ON CONFLICT (day, prefix) DO UPDATE SET requests = excluded.requests, rows = excluded.rows
