SELECT pollutant, horizon_days, model_id, site, rows, rmse, mae, bias, coverage, best_baseline, skill, skill_over_persistence
FROM skill_scores
WHERE (?1 IS NULL OR pollutant = ?1) AND (?2 IS NULL OR horizon_days = ?2)
ORDER BY pollutant, horizon_days, model_id, site
