UPDATE api_keys
SET revoked_at = least(coalesce(revoked_at, $2), $2), revision = (SELECT max(revision) + 1 FROM api_keys)
WHERE prefix = $1
RETURNING 1
