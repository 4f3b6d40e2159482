INSERT INTO series (site, pollutant, parameter, poc, duration, statistic, event)
SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
RETURNING id, site, pollutant, parameter, poc, duration, statistic, event
