SELECT id, name, county, state, cbsa, latitude, longitude, utc_offset FROM sites ORDER BY id
