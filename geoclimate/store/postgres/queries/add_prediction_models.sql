INSERT INTO prediction_models (model_id) SELECT unnest($1) ON CONFLICT (model_id) DO NOTHING
