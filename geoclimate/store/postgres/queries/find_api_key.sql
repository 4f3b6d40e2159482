SELECT revoked_at IS NOT NULL, successor FROM api_keys WHERE prefix = $1
