SELECT max(revision) FROM api_keys
