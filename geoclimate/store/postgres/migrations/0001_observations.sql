-- Observations with their versions. docs/formats/postgres.md explains every column;
-- the view `observations` at the end shows the versions as people read them.

-- Where rows came from: a file's path or '~api/...'. A name is longer than a B-tree's key may be: the hash index keeps it
-- single.
CREATE TABLE origins (
  id integer PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  EXCLUDE USING hash (name WITH =)
);

-- The transactions that changed something. The newest id is the generation; received_at never falls as ids grow.
CREATE TABLE receipts (
  id integer PRIMARY KEY,
  origin integer NOT NULL REFERENCES origins (id),
  received_at timestamptz NOT NULL,
  observations_new bigint NOT NULL,
  observations_replaced bigint NOT NULL
);
CREATE INDEX receipts_by_time ON receipts (received_at, id);

-- What site_versions says of each site, as its readers see it.
CREATE TABLE sites (
  id integer PRIMARY KEY,                 -- state * 10^7 + county * 10^4 + site
  name text NOT NULL,
  county text NOT NULL,
  state text NOT NULL,
  cbsa text NOT NULL,
  latitude double precision,
  longitude double precision,
  utc_offset integer NOT NULL             -- minutes east of UTC, standard time
);

CREATE TABLE site_versions (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  site integer NOT NULL REFERENCES sites (id),
  name text NOT NULL,
  county text NOT NULL,
  state text NOT NULL,
  cbsa text NOT NULL,
  latitude double precision,
  longitude double precision,
  utc_offset integer NOT NULL,
  origin integer NOT NULL REFERENCES origins (id)  -- the greatest by name that says so
);
CREATE INDEX site_versions_by_site ON site_versions (site);

-- What one monitor measures, in one way.
CREATE TABLE series (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  site integer NOT NULL REFERENCES sites (id),
  pollutant smallint NOT NULL,            -- of the parameter: 0 PM2.5, 1 PM10, 2 O3, 3 NO2, 4 SO2, 5 CO
  parameter integer NOT NULL,             -- AQS parameter code
  poc integer NOT NULL,
  duration smallint NOT NULL,             -- 0 hour, 1 day
  statistic smallint NOT NULL,            -- 0 mean, 1 highest 8-hour mean, 2 highest hour
  event smallint NOT NULL,                -- 0 regular, 1 excluded
  UNIQUE (site, parameter, poc, duration, statistic, event)
);

-- One row a version, the wide columns first so that none is padded. The columns that a version that comes again may change
-- are in no index, so that such a change is made within the page. No foreign keys: they would cost a bulk insert more than
-- the insert itself, and rows are written by one transaction at a time, after what they refer to.
CREATE TABLE observation_versions (
  start timestamptz NOT NULL,
  value bigint NOT NULL,                  -- millionths of the pollutant's EPA unit
  available_at_floor timestamptz NOT NULL,  -- the earliest; -infinity: none
  series integer NOT NULL,
  origin integer NOT NULL,                -- the greatest by name
  receipt integer NOT NULL,               -- the first
  source smallint NOT NULL,               -- 0 final, 1 provisional
  completeness smallint NOT NULL,         -- percent, 255 unknown
  monitor smallint NOT NULL,              -- 0 continuous, 1 filter
  PRIMARY KEY (series, start, source, value, completeness)
);

-- The days on which a site has a daily value of a pollutant.
CREATE TABLE coverage (
  site integer NOT NULL REFERENCES sites (id),
  pollutant smallint NOT NULL,
  first_day date NOT NULL,
  last_day date NOT NULL,
  days bigint NOT NULL,                   -- how many bits are set
  bits bytea NOT NULL,                    -- one a day, the lowest of the first byte is bits_from
  bits_from date NOT NULL,
  PRIMARY KEY (site, pollutant)
);

CREATE VIEW observations AS
SELECT
  CASE WHEN s.site >= 1000000000 THEN 'CC' ELSE lpad((s.site / 10000000)::text, 2, '0') END
    || '-' || lpad((s.site / 10000 % 1000)::text, 3, '0') || '-' || lpad((s.site % 10000)::text, 4, '0') AS site,
  s.parameter,
  s.poc,
  v.start,
  (v.start AT TIME ZONE 'UTC' + make_interval(mins => sites.utc_offset))::date AS local_day,
  CASE s.duration WHEN 0 THEN 'hour' ELSE 'day' END AS duration,
  CASE s.statistic WHEN 0 THEN 'mean' WHEN 1 THEN 'max 8-hour' ELSE 'max 1-hour' END AS statistic,
  CASE s.event WHEN 0 THEN 'regular' ELSE 'excluded' END AS event,
  (v.value / 1000000.0)::numeric(18, 6) AS value,
  CASE v.source WHEN 0 THEN 'final' ELSE 'provisional' END AS source,
  nullif(v.completeness, 255) AS completeness,
  CASE v.monitor WHEN 0 THEN 'continuous' ELSE 'filter' END AS monitor,
  nullif(v.available_at_floor, '-infinity') AS available_at_floor,
  origins.name AS origin,
  receipts.received_at
FROM observation_versions AS v
JOIN series AS s ON s.id = v.series
JOIN sites ON sites.id = s.site
JOIN origins ON origins.id = v.origin
JOIN receipts ON receipts.id = v.receipt;
