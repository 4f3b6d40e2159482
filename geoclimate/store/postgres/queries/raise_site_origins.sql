UPDATE site_versions SET origin = $2 WHERE id = ANY($1)
