SELECT s.id, s.site, s.pollutant, s.parameter, s.poc, s.duration, s.statistic, s.event, v.start, v.source, v.completeness
FROM series AS s
JOIN observation_versions AS v ON v.series = s.id
WHERE s.site = ANY($1) AND s.duration = 1
