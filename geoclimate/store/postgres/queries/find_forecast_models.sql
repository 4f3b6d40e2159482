SELECT m.id, m.model_id FROM forecast_models AS m WHERE m.model_id = ANY($1)
