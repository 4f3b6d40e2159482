INSERT INTO predictions
  (day, model, lot, at, duration_us, arm, route, request_id, caller, features, outputs, p10, p90)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
