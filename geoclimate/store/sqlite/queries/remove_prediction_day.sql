DELETE FROM prediction_days WHERE day = ?1
