SELECT id FROM origins WHERE name = ?1
