SELECT make_predictions_of($1)
