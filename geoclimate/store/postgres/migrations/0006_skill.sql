-- What the issued forecasts were worth: the last judgement, replaced as a whole. docs/formats/postgres.md

CREATE TABLE skill_judgement (
  id integer PRIMARY KEY CHECK (id = 1),
  generation bigint NOT NULL,             -- newest id in receipts that it knew
  from_day date NOT NULL,                 -- valid days
  to_day date NOT NULL,
  computed_at timestamptz NOT NULL
);

CREATE TABLE skill_scores (
  pollutant smallint NOT NULL,
  horizon_days integer NOT NULL,
  model_id text COLLATE "C" NOT NULL,
  site bigint NOT NULL,                   -- -1: all sites
  rows bigint NOT NULL,
  rmse double precision,                  -- in the pollutant's EPA unit, as are mae and bias; null: not known
  mae double precision,
  bias double precision,
  coverage double precision,
  best_baseline text NOT NULL,
  skill double precision,
  skill_over_persistence double precision,
  PRIMARY KEY (pollutant, horizon_days, model_id, site)
);
