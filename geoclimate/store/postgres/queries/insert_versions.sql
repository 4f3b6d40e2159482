INSERT INTO observation_versions
  (series, start, value, source, completeness, monitor, available_at_floor, origin, receipt)
SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
