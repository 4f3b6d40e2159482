SELECT r.number, v.start, v.value, v.source, v.completeness, v.monitor, v.available_at_floor, v.origin, v.receipt
FROM unnest($1, $2, $3) WITH ORDINALITY AS r (series, begins, ends, number)
JOIN observation_versions AS v ON v.series = r.series AND v.start >= r.begins AND v.start < r.ends
