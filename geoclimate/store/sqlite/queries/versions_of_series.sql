-- ?4: the newest receipt that is wanted.
SELECT start, source, value, completeness, monitor, origin, receipt, available_at_floor
FROM observation_versions
WHERE series = ?1 AND start >= ?2 AND start < ?3 AND receipt <= ?4
ORDER BY start, source, value, completeness
