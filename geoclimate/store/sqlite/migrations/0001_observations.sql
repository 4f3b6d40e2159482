-- Observations with their versions, and the forecasts that were issued. docs/formats/database.md explains every column;
-- the view `observations` at the end shows the versions as people read them.

CREATE TABLE schema_migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL             -- microseconds since 1970, UTC
);

-- Where rows came from: a file's path or 'api'.
CREATE TABLE origins (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- The transactions that changed something. The newest id is the generation; received_at never falls as ids grow.
CREATE TABLE receipts (
  id INTEGER PRIMARY KEY,
  origin INTEGER NOT NULL REFERENCES origins (id),
  received_at INTEGER NOT NULL,           -- microseconds since 1970, UTC
  observations_new INTEGER NOT NULL,
  observations_replaced INTEGER NOT NULL
);

-- What site_versions says of each site, as its readers see it.
CREATE TABLE sites (
  id INTEGER PRIMARY KEY,                 -- state * 10^7 + county * 10^4 + site
  name TEXT NOT NULL,
  county TEXT NOT NULL,
  state TEXT NOT NULL,
  cbsa TEXT NOT NULL,
  latitude REAL,
  longitude REAL,
  utc_offset INTEGER NOT NULL             -- minutes east of UTC, standard time
);

CREATE TABLE site_versions (
  site INTEGER NOT NULL REFERENCES sites (id),
  name TEXT NOT NULL,
  county TEXT NOT NULL,
  state TEXT NOT NULL,
  cbsa TEXT NOT NULL,
  latitude REAL,
  longitude REAL,
  utc_offset INTEGER NOT NULL,
  origin INTEGER NOT NULL REFERENCES origins (id)  -- the greatest by name that says so
);
CREATE INDEX site_versions_by_site ON site_versions (site);

-- What one monitor measures, in one way.
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  site INTEGER NOT NULL REFERENCES sites (id),
  pollutant INTEGER NOT NULL,             -- of the parameter: 0 PM2.5, 1 PM10, 2 O3, 3 NO2, 4 SO2, 5 CO
  parameter INTEGER NOT NULL,             -- AQS parameter code
  poc INTEGER NOT NULL,
  duration INTEGER NOT NULL,              -- 0 hour, 1 day
  statistic INTEGER NOT NULL,             -- 0 mean, 1 highest 8-hour mean, 2 highest hour
  event INTEGER NOT NULL,                 -- 0 regular, 1 excluded
  UNIQUE (site, pollutant, parameter, poc, duration, statistic, event)
);

CREATE TABLE observation_versions (
  series INTEGER NOT NULL REFERENCES series (id),
  start INTEGER NOT NULL,                 -- minutes since 1970, UTC
  source INTEGER NOT NULL,                -- 0 final, 1 provisional
  value INTEGER NOT NULL,                 -- millionths of the pollutant's EPA unit
  completeness INTEGER NOT NULL,          -- percent, 255 unknown
  monitor INTEGER NOT NULL,               -- 0 continuous, 1 filter
  origin INTEGER NOT NULL REFERENCES origins (id),  -- the greatest by name that says so
  receipt INTEGER NOT NULL REFERENCES receipts (id),  -- the first
  available_at_floor INTEGER,             -- microseconds since 1970, UTC; the earliest; null: none
  PRIMARY KEY (series, start, source, value, completeness)
) WITHOUT ROWID;

-- The days on which a site has a daily value of a pollutant.
CREATE TABLE coverage (
  site INTEGER NOT NULL REFERENCES sites (id),
  pollutant INTEGER NOT NULL,
  first_day INTEGER NOT NULL,             -- days since 1970
  last_day INTEGER NOT NULL,
  days INTEGER NOT NULL,                  -- how many bits are set
  bits BLOB NOT NULL,                     -- one a day, the lowest of the first byte is bits_from
  bits_from INTEGER NOT NULL,
  PRIMARY KEY (site, pollutant)
) WITHOUT ROWID;

CREATE TABLE forecast_models (
  id INTEGER PRIMARY KEY,
  model_id TEXT NOT NULL UNIQUE
);

CREATE TABLE issued_forecasts (
  valid_day INTEGER NOT NULL,             -- days since 1970, the site's local standard day
  site INTEGER NOT NULL,
  pollutant INTEGER NOT NULL,
  horizon_days INTEGER NOT NULL,
  model INTEGER NOT NULL REFERENCES forecast_models (id),
  issued_at INTEGER NOT NULL,             -- microseconds since 1970, UTC
  method INTEGER NOT NULL,                -- 2 model, 3 persistence fallback, 4 climatology fallback
  mean REAL NOT NULL,                     -- in the pollutant's EPA unit, as are the quantiles
  p10 REAL NOT NULL,
  p50 REAL NOT NULL,
  p90 REAL NOT NULL,
  probability_over_100 REAL NOT NULL,
  aqi INTEGER NOT NULL,
  PRIMARY KEY (valid_day, site, pollutant, horizon_days, model)
) WITHOUT ROWID;

CREATE VIEW observations AS
SELECT
  CASE WHEN s.site >= 1000000000 THEN 'CC' ELSE printf('%02d', s.site / 10000000) END
    || printf('-%03d-%04d', s.site / 10000 % 1000, s.site % 10000) AS site,
  s.parameter,
  s.poc,
  datetime(v.start * 60, 'unixepoch') AS start_utc,
  date(v.start * 60 + sites.utc_offset * 60, 'unixepoch') AS local_day,
  CASE s.duration WHEN 0 THEN 'hour' ELSE 'day' END AS duration,
  CASE s.statistic WHEN 0 THEN 'mean' WHEN 1 THEN 'max 8-hour' ELSE 'max 1-hour' END AS statistic,
  CASE s.event WHEN 0 THEN 'regular' ELSE 'excluded' END AS event,
  v.value / 1e6 AS value,
  CASE v.source WHEN 0 THEN 'final' ELSE 'provisional' END AS source,
  nullif(v.completeness, 255) AS completeness,
  CASE v.monitor WHEN 0 THEN 'continuous' ELSE 'filter' END AS monitor,
  origins.name AS origin,
  datetime(receipts.received_at / 1000000, 'unixepoch') AS received_at
FROM series AS s
JOIN sites ON sites.id = s.site
JOIN observation_versions AS v ON v.series = s.id
JOIN origins ON origins.id = v.origin
JOIN receipts ON receipts.id = v.receipt;
