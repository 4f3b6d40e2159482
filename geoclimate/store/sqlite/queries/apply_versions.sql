-- No statement journal is kept for OR ROLLBACK: a failure here ends the transaction anyway.
INSERT OR ROLLBACK INTO observation_versions
  (series, start, source, value, completeness, monitor, origin, receipt, available_at_floor)
SELECT series, start, source, value, completeness, monitor, origin, receipt, available_at_floor
FROM pending_versions
WHERE true
ON CONFLICT (series, start, source, value, completeness) DO UPDATE SET
  monitor = excluded.monitor,
  origin = excluded.origin,
  available_at_floor = excluded.available_at_floor
