INSERT INTO origins (name) VALUES (?1)
