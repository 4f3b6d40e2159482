SELECT max(id) FROM forecast_models
