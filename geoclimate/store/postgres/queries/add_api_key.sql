INSERT INTO api_keys
  (prefix, name, digest, scopes, created_at, expires_at, requests_per_minute, daily_rows, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT coalesce(max(revision), 0) + 1 FROM api_keys))
ON CONFLICT DO NOTHING
RETURNING 1
