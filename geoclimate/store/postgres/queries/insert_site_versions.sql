INSERT INTO site_versions (site, name, county, state, cbsa, latitude, longitude, utc_offset, origin)
SELECT v.*, $9 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS v
