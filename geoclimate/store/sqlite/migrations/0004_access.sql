-- Which reports of uses have been added: one whose answer was lost may be told again.
CREATE TABLE api_key_reports (
  recorder TEXT NOT NULL PRIMARY KEY,     -- a process
  number INTEGER NOT NULL,                -- of its last report
  at INTEGER NOT NULL                     -- microseconds since 1970, UTC
) WITHOUT ROWID;

CREATE INDEX audit_by_time ON audit (at);
