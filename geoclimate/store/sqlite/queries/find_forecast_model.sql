SELECT id FROM forecast_models WHERE model_id = ?1
