INSERT INTO issued_forecasts
  (valid_day, site, pollutant, horizon_days, model, issued_at, method, mean, p10, p50, p90, probability_over_100, aqi)
SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (valid_day, site, pollutant, horizon_days, model) DO UPDATE SET
  issued_at = excluded.issued_at,
  method = excluded.method,
  mean = excluded.mean,
  p10 = excluded.p10,
  p50 = excluded.p50,
  p90 = excluded.p90,
  probability_over_100 = excluded.probability_over_100,
  aqi = excluded.aqi
