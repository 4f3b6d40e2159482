INSERT INTO prediction_batches (batch, newest_day, predictions) VALUES ($1, $2, $3)
ON CONFLICT (batch) DO NOTHING
RETURNING predictions
