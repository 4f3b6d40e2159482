INSERT INTO api_keys
  (prefix, name, digest, scopes, created_at, expires_at, revoked_at, last_used_at, successor, requests_per_minute,
   daily_rows, revision)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, (SELECT coalesce(max(revision), 0) + 1 FROM api_keys))
ON CONFLICT (prefix) DO UPDATE SET
  name = excluded.name,
  digest = excluded.digest,
  scopes = excluded.scopes,
  created_at = excluded.created_at,
  expires_at = excluded.expires_at,
  revoked_at = excluded.revoked_at,
  last_used_at = excluded.last_used_at,
  successor = excluded.successor,
  requests_per_minute = excluded.requests_per_minute,
  daily_rows = excluded.daily_rows,
  revision = excluded.revision
