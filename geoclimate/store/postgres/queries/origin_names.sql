SELECT id, name FROM origins WHERE id = ANY($1)
