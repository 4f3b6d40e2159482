DECLARE issued NO SCROLL CURSOR FOR
SELECT f.valid_day, f.site, f.pollutant, f.horizon_days, m.model_id, f.issued_at, f.method,
  f.mean, f.p10, f.p50, f.p90, f.probability_over_100, f.aqi
FROM issued_forecasts AS f
JOIN forecast_models AS m ON m.id = f.model
WHERE f.valid_day BETWEEN $1 AND $2
  AND ($3 IS NULL OR f.pollutant = $3)
  AND ($4 IS NULL OR f.horizon_days = $4)
ORDER BY f.valid_day, f.site, f.pollutant, f.horizon_days, f.issued_at, m.model_id
