SELECT (SELECT id FROM origins WHERE name = $1), (SELECT max(id) FROM origins)
