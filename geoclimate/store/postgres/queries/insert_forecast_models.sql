INSERT INTO forecast_models (id, model_id) SELECT * FROM unnest($1, $2)
