SELECT day, prefix, requests, rows FROM api_key_usage ORDER BY day, prefix
