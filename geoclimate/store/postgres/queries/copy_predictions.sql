COPY predictions (at, duration_us, model, lot, p10, p90, arm, route, request_id, caller, features, outputs)
FROM STDIN (FORMAT binary)
