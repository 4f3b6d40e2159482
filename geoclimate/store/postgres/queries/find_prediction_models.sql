SELECT id, model_id FROM prediction_models WHERE model_id = ANY($1)
