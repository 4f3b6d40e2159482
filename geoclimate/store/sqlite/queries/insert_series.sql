INSERT INTO series (site, pollutant, parameter, poc, duration, statistic, event)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
