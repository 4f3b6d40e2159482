INSERT INTO observation_chunks (series, period, origin, receipt, versions)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (series, period) DO UPDATE SET
  origin = excluded.origin,
  receipt = excluded.receipt,
  versions = excluded.versions
