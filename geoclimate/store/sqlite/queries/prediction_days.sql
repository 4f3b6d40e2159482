SELECT day, bytes FROM prediction_days ORDER BY day
