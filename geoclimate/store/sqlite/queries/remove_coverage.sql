DELETE FROM coverage WHERE site = ?1
