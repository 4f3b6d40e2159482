UPDATE api_keys AS k SET last_used_at = n.at
FROM (SELECT prefix, max(at) AS at FROM unnest($1, $2) AS u (prefix, at) GROUP BY prefix) AS n
WHERE k.prefix = n.prefix AND (k.last_used_at IS NULL OR k.last_used_at < n.at)
