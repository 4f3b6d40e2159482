SELECT v.site, v.name, v.county, v.state, v.cbsa, v.latitude, v.longitude, v.utc_offset, o.name
FROM site_versions AS v
JOIN origins AS o ON o.id = v.origin
