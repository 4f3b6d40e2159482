INSERT INTO coverage (site, pollutant, first_day, last_day, days, bits, bits_from)
SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (site, pollutant) DO UPDATE SET
  first_day = excluded.first_day,
  last_day = excluded.last_day,
  days = excluded.days,
  bits = excluded.bits,
  bits_from = excluded.bits_from
