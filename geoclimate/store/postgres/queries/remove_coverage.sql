DELETE FROM coverage WHERE site = ANY($1)
