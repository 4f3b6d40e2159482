INSERT INTO prediction_models (model_id) VALUES (?1)
