-- What the issued forecasts were worth: the last judgement, replaced as a whole. docs/formats/database.md

CREATE TABLE skill_judgement (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  generation INTEGER NOT NULL,            -- newest id in receipts that it knew
  from_day INTEGER NOT NULL,              -- valid days
  to_day INTEGER NOT NULL,
  computed_at INTEGER NOT NULL
);

CREATE TABLE skill_scores (
  pollutant INTEGER NOT NULL,
  horizon_days INTEGER NOT NULL,
  model_id TEXT NOT NULL,
  site INTEGER NOT NULL,                  -- -1: all sites
  rows INTEGER NOT NULL,
  rmse REAL,                              -- in the pollutant's EPA unit, as are mae and bias; null: not known
  mae REAL,
  bias REAL,
  coverage REAL,
  best_baseline TEXT NOT NULL,
  skill REAL,
  skill_over_persistence REAL,
  PRIMARY KEY (pollutant, horizon_days, model_id, site)
) WITHOUT ROWID;
