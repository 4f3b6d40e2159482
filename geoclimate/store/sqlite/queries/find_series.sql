SELECT id FROM series
WHERE site = ?1 AND pollutant = ?2 AND parameter = ?3 AND poc = ?4 AND duration = ?5 AND statistic = ?6 AND event = ?7
