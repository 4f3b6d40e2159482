SELECT k.number, f.issued_at
FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS k (valid_day, site, pollutant, horizon_days, model, number)
JOIN issued_forecasts AS f ON f.valid_day = k.valid_day AND f.site = k.site AND f.pollutant = k.pollutant
  AND f.horizon_days = k.horizon_days AND f.model = k.model
