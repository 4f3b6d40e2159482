SELECT id, site, pollutant, parameter, poc, duration, statistic, event FROM series
WHERE ($1 IS NULL OR site = $1) AND ($2 IS NULL OR pollutant = $2) AND ($3 IS NULL OR duration = $3)
ORDER BY site, pollutant, parameter, poc, duration, statistic, event
