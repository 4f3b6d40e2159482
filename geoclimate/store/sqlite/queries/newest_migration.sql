SELECT name FROM schema_migrations ORDER BY number DESC LIMIT 1
