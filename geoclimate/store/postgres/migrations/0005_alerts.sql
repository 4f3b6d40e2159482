-- Alerts, and the events that their owners are to be told.

CREATE TABLE alerts (
  id text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL,        -- who made it: 'key NAME', 'token SUBJECT', 'local'
  created_at timestamptz NOT NULL,
  rule text NOT NULL,                     -- JSON: docs/alerts.md
  key_id text NOT NULL,                   -- of the signing key that its secret comes from
  phase integer NOT NULL,                 -- 0 idle, 1 waiting to tell, 2 told, 3 waiting to tell the end
  episode text NOT NULL,                  -- the day of a forecast
  last_event_at timestamptz,
  turn bigint NOT NULL                    -- rises with each change of the phase
);
CREATE INDEX alerts_by_owner ON alerts (owner);

CREATE TABLE alert_events (
  id text COLLATE "C" PRIMARY KEY,
  alert text COLLATE "C" NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  key_id text NOT NULL,
  target text NOT NULL,                   -- the URL
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  attempts integer NOT NULL,
  due_at timestamptz NOT NULL,            -- not sent before it
  error text NOT NULL,                    -- of the last attempt
  ended_at timestamptz                    -- given up then: a dead letter
);
CREATE INDEX alert_events_due ON alert_events (due_at, id) WHERE ended_at IS NULL;
CREATE INDEX alert_events_dead ON alert_events (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX alert_events_by_alert ON alert_events (alert);
