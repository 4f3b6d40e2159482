SELECT name FROM origins WHERE id = ?1
