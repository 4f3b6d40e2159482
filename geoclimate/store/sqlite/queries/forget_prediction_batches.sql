DELETE FROM prediction_batches WHERE newest_day < ?1
