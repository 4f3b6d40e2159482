-- Predictions that were sampled, with their rows. docs/formats/postgres.md explains every column.

CREATE TABLE prediction_models (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id text COLLATE "C" NOT NULL UNIQUE
);

-- Batches that were inserted: one that comes again changes nothing.
CREATE TABLE prediction_batches (
  batch text COLLATE "C" PRIMARY KEY,     -- 32 hexadecimal digits
  newest_day date NOT NULL,               -- of its predictions: forgotten when that day is
  predictions integer NOT NULL
);
CREATE INDEX prediction_batches_by_day ON prediction_batches (newest_day);

-- A partition a day of UTC, made ahead and dropped whole. No foreign key: it would cost a bulk insert more than the insert.
CREATE TABLE predictions (
  at timestamptz NOT NULL,
  duration_us real NOT NULL,
  model integer NOT NULL,
  lot integer NOT NULL,                   -- arbitrary: rows in its order are a fair sample
  p10 real,
  p90 real,
  arm smallint NOT NULL,                  -- 0 production, 1 canary
  route smallint NOT NULL,                -- 0 /predict, 1 /predict/batch, 2 /v2 over HTTP, 3 gRPC
  request_id text NOT NULL,
  caller text NOT NULL,
  features real[] NOT NULL,               -- null where missing
  outputs real[] NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX predictions_by_lot ON predictions (model, lot);

CREATE FUNCTION make_predictions_of(day date) RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
  EXECUTE format('CREATE TABLE %I PARTITION OF predictions FOR VALUES FROM (%L) TO (%L)',
    'predictions_' || to_char(day, 'YYYYMMDD'),
    day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
END
$make$;

CREATE FUNCTION drop_predictions_of(day date) RETURNS void LANGUAGE plpgsql AS $drop$
BEGIN
  EXECUTE format('DROP TABLE %I', 'predictions_' || to_char(day, 'YYYYMMDD'));
END
$drop$;

CREATE VIEW prediction_log AS
SELECT p.at, m.model_id, CASE p.arm WHEN 0 THEN 'production' ELSE 'canary' END AS arm,
  CASE p.route WHEN 0 THEN '/predict' WHEN 1 THEN '/predict/batch' WHEN 2 THEN '/v2' ELSE 'gRPC' END AS route,
  p.request_id, p.caller, p.duration_us, p.features, p.outputs, p.p10, p.p90
FROM predictions AS p JOIN prediction_models AS m ON m.id = p.model;
