INSERT INTO api_key_usage AS u (day, prefix, requests, rows)
SELECT n.day, n.prefix, sum(n.requests), sum(n.rows)
FROM unnest($1, $2, $3, $4) AS n (day, prefix, requests, rows)
JOIN api_keys AS k ON k.prefix = n.prefix
GROUP BY n.day, n.prefix
ON CONFLICT (day, prefix) DO UPDATE SET requests = u.requests + excluded.requests, rows = u.rows + excluded.rows
