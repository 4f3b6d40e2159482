INSERT INTO prediction_days (day, predictions, bytes) VALUES (?1, ?2, ?3)
ON CONFLICT (day) DO UPDATE SET predictions = predictions + excluded.predictions, bytes = bytes + excluded.bytes
