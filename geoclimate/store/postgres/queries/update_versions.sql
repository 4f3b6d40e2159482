UPDATE observation_versions AS v
SET monitor = u.monitor, available_at_floor = u.available_at_floor, origin = u.origin
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
  AS u (series, start, value, source, completeness, monitor, available_at_floor, origin)
WHERE v.series = u.series AND v.start = u.start AND v.source = u.source AND v.value = u.value
  AND v.completeness = u.completeness
