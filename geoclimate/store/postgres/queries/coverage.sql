SELECT site, pollutant, first_day, last_day, days FROM coverage ORDER BY site, pollutant
