SELECT id, name FROM origins WHERE id > ?1 ORDER BY id
