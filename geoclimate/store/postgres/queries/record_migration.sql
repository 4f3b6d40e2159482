INSERT INTO schema_migrations (number, name, applied_at) VALUES ($1, $2, $3)
