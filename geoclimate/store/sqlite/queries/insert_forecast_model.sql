INSERT INTO forecast_models (model_id) VALUES (?1)
