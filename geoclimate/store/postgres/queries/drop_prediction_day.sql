SELECT drop_predictions_of($1)
