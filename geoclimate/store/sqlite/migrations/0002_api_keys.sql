-- Callers' keys: only the SHA-256 of the secret is kept. Times are microseconds since 1970, UTC.
CREATE TABLE api_keys (
  prefix TEXT NOT NULL PRIMARY KEY,       -- the shown beginning of the secret
  name TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE,            -- SHA-256 of the whole secret
  scopes TEXT NOT NULL,                   -- of admin, predict, read; with commas
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER,
  successor TEXT,                         -- the prefix of the key that replaces it
  requests_per_minute INTEGER NOT NULL,   -- 0: the server's setting
  daily_rows INTEGER NOT NULL,            -- 0: no quota
  revision INTEGER NOT NULL               -- of the last change; rises over the whole table
) WITHOUT ROWID;
CREATE INDEX api_keys_by_revision ON api_keys (revision);

CREATE TABLE api_key_usage (
  prefix TEXT NOT NULL REFERENCES api_keys (prefix),
  day INTEGER NOT NULL,                   -- of UTC, days since 1970
  requests INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  PRIMARY KEY (day, prefix)
) WITHOUT ROWID;
