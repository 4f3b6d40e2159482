SELECT id, site, pollutant, parameter, poc, duration, statistic, event FROM series
WHERE (?1 IS NULL OR pollutant = ?1) AND (?2 IS NULL OR duration = ?2)
ORDER BY site, pollutant, parameter, poc, duration, statistic, event
