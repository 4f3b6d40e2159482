UPDATE api_keys
SET successor = $2, expires_at = least(coalesce(expires_at, $3), $3), revision = (SELECT max(revision) + 1 FROM api_keys)
WHERE prefix = $1
