-- Forecasts as they were given out, to be judged once their day has been measured.

CREATE TABLE forecast_models (
  id integer PRIMARY KEY,
  model_id text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE issued_forecasts (
  valid_day date NOT NULL,                -- the site's local standard day
  site integer NOT NULL,
  pollutant smallint NOT NULL,
  horizon_days integer NOT NULL,
  model integer NOT NULL REFERENCES forecast_models (id),
  issued_at timestamptz NOT NULL,
  method smallint NOT NULL,               -- 2 model, 3 persistence fallback, 4 climatology fallback
  mean real NOT NULL,                     -- in the pollutant's EPA unit, as are the quantiles
  p10 real NOT NULL,
  p50 real NOT NULL,
  p90 real NOT NULL,
  probability_over_100 real NOT NULL,
  aqi integer NOT NULL,
  PRIMARY KEY (valid_day, site, pollutant, horizon_days, model)
);
