-- Predictions that were sampled, with their rows. docs/formats/database.md explains every column.

CREATE TABLE prediction_models (
  id INTEGER PRIMARY KEY,
  model_id TEXT NOT NULL UNIQUE
);

-- Batches that were inserted: one that comes again changes nothing.
CREATE TABLE prediction_batches (
  batch TEXT NOT NULL PRIMARY KEY,        -- 32 hexadecimal digits
  newest_day INTEGER NOT NULL,            -- of its predictions: forgotten when that day is
  predictions INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX prediction_batches_by_day ON prediction_batches (newest_day);

-- Days of UTC, days since 1970; with what their rows take, about.
CREATE TABLE prediction_days (
  day INTEGER PRIMARY KEY,
  predictions INTEGER NOT NULL,
  bytes INTEGER NOT NULL
);

CREATE TABLE predictions (
  day INTEGER NOT NULL REFERENCES prediction_days (day),
  model INTEGER NOT NULL REFERENCES prediction_models (id),
  lot INTEGER NOT NULL,                   -- arbitrary: rows in its order are a fair sample
  at INTEGER NOT NULL,                    -- microseconds since 1970, UTC
  duration_us REAL NOT NULL,
  arm INTEGER NOT NULL,                   -- 0 production, 1 canary
  route INTEGER NOT NULL,                 -- 0 /predict, 1 /predict/batch, 2 /v2 over HTTP, 3 gRPC
  request_id TEXT NOT NULL,
  caller TEXT NOT NULL,
  features BLOB NOT NULL,                 -- 32-bit floats, little-endian, NaN where missing
  outputs BLOB NOT NULL,
  p10 REAL,
  p90 REAL
);
CREATE INDEX predictions_by_lot ON predictions (day, model, lot);
