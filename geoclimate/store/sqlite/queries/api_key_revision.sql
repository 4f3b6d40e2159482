SELECT coalesce(max(revision), 0) FROM api_keys
