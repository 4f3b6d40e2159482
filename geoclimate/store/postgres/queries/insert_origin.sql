INSERT INTO origins (id, name) VALUES ($1, $2)
