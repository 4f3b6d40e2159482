SELECT id FROM prediction_models WHERE model_id = ?1
