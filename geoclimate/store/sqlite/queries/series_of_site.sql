SELECT id, site, pollutant, parameter, poc, duration, statistic, event FROM series
WHERE site = ?3 AND (?1 IS NULL OR pollutant = ?1) AND (?2 IS NULL OR duration = ?2)
ORDER BY pollutant, parameter, poc, duration, statistic, event
