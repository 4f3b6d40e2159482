UPDATE site_versions SET origin = ?2 WHERE rowid = ?1
