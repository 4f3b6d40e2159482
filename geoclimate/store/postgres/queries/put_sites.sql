INSERT INTO sites (id, name, county, state, cbsa, latitude, longitude, utc_offset)
SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET
  name = excluded.name,
  county = excluded.county,
  state = excluded.state,
  cbsa = excluded.cbsa,
  latitude = excluded.latitude,
  longitude = excluded.longitude,
  utc_offset = excluded.utc_offset
