SELECT s.id, s.site, s.pollutant, s.parameter, s.poc, s.duration, s.statistic, s.event
FROM unnest($1, $2, $3, $4, $5, $6, $7) AS k (site, pollutant, parameter, poc, duration, statistic, event)
JOIN series AS s ON s.site = k.site AND s.parameter = k.parameter AND s.poc = k.poc
  AND s.duration = k.duration AND s.statistic = k.statistic AND s.event = k.event
