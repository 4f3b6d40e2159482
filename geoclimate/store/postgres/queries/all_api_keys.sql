SELECT prefix, name, digest, scopes, created_at, expires_at, revoked_at, last_used_at, successor,
  requests_per_minute, daily_rows
FROM api_keys ORDER BY created_at, prefix
