INSERT INTO skill_scores
  (pollutant, horizon_days, model_id, site, rows, rmse, mae, bias, coverage, best_baseline, skill, skill_over_persistence)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
