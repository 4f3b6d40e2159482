SELECT p.at, p.duration_us, p.arm, p.route, p.request_id, p.caller, p.features, p.outputs, p.p10, p.p90
FROM predictions AS p
WHERE p.at >= $1 AND p.at < $2
  AND p.model = (SELECT id FROM prediction_models WHERE model_id = $3)
ORDER BY p.lot, p.at
LIMIT $4
