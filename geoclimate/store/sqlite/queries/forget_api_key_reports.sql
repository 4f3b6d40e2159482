DELETE FROM api_key_reports WHERE at < ?1
