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

-- The versions of a series that start in one year (daily values) or month (hourly ones), UTC. A row for each version would
-- be three times as slow to write and to read.
CREATE TABLE observation_chunks (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL REFERENCES series (id),
  period INTEGER NOT NULL,                -- 2020, or 202012
  origin INTEGER NOT NULL REFERENCES origins (id),  -- of the versions that name none
  receipt INTEGER NOT NULL REFERENCES receipts (id),
  -- JSON: for each version [start (minutes since 1970, UTC), value (in the pollutant's EPA unit), source (0 final, 1
  -- provisional), completeness (percent, 255 unknown), monitor (0 continuous, 1 filter), available_at_floor (microseconds
  -- since 1970 UTC; the earliest; null: none), origin (the greatest by name), receipt (the first)], in the order of
  -- (start, source, value, completeness), without what is 0, 100, 0, null, origin, receipt at the end.
  versions TEXT NOT NULL,
  UNIQUE (series, period)
);

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
  datetime((v.value ->> 0) * 60, 'unixepoch') AS start_utc,
  date((v.value ->> 0) * 60 + sites.utc_offset * 60, 'unixepoch') AS local_day,
  CASE s.duration WHEN 0 THEN 'hour' ELSE 'day' END AS duration,
  CASE s.statistic WHEN 0 THEN 'mean' WHEN 1 THEN 'max 8-hour' ELSE 'max 1-hour' END AS statistic,
  CASE s.event WHEN 0 THEN 'regular' ELSE 'excluded' END AS event,
  v.value ->> 1 AS value,
  CASE coalesce(v.value ->> 2, 0) WHEN 0 THEN 'final' ELSE 'provisional' END AS source,
  nullif(coalesce(v.value ->> 3, 100), 255) AS completeness,
  CASE coalesce(v.value ->> 4, 0) WHEN 0 THEN 'continuous' ELSE 'filter' END AS monitor,
  datetime((v.value ->> 5) / 1000000, 'unixepoch') AS available_at_floor,
  origins.name AS origin,
  datetime(receipts.received_at / 1000000, 'unixepoch') AS received_at
FROM series AS s
JOIN sites ON sites.id = s.site
JOIN observation_chunks AS c ON c.series = s.id
JOIN json_each(c.versions) AS v
JOIN origins ON origins.id = coalesce(v.value ->> 6, c.origin)
JOIN receipts ON receipts.id = coalesce(v.value ->> 7, c.receipt);
