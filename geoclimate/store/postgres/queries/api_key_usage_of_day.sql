SELECT prefix, requests, rows FROM api_key_usage WHERE day = $1 ORDER BY prefix
