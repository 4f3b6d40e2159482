SELECT max(last_day) FROM coverage
