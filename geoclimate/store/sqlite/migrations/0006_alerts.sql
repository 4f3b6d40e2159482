-- Alerts, and the events that their owners are to be told. Times are microseconds since 1970, UTC.
CREATE TABLE alerts (
  id TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,                    -- who made it: 'key NAME', 'token SUBJECT', 'local'
  created_at INTEGER NOT NULL,
  rule TEXT NOT NULL,                     -- JSON: docs/alerts.md
  key_id TEXT NOT NULL,                   -- of the signing key that its secret comes from
  phase INTEGER NOT NULL,                 -- 0 idle, 1 waiting to tell, 2 told, 3 waiting to tell the end
  episode TEXT NOT NULL,                  -- the day of a forecast
  last_event_at INTEGER,
  turn INTEGER NOT NULL                   -- rises with each change of the phase
) WITHOUT ROWID;
CREATE INDEX alerts_by_owner ON alerts (owner);

CREATE TABLE alert_events (
  id TEXT NOT NULL PRIMARY KEY,
  alert TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  key_id TEXT NOT NULL,
  target TEXT NOT NULL,                   -- the URL
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,                -- not sent before it
  error TEXT NOT NULL,                    -- of the last attempt
  ended_at INTEGER                        -- given up then: a dead letter
) WITHOUT ROWID;
CREATE INDEX alert_events_due ON alert_events (due_at, id) WHERE ended_at IS NULL;
CREATE INDEX alert_events_dead ON alert_events (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX alert_events_by_alert ON alert_events (alert);
