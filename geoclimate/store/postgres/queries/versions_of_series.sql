SELECT series, start, value, source, completeness, monitor, available_at_floor, origin, receipt
FROM observation_versions
WHERE series = ANY($1) AND start >= $2 AND start < $3 AND receipt <= $4
