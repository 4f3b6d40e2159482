SELECT p.at, p.duration_us, p.arm, p.route, p.request_id, p.caller, p.features, p.outputs, p.p10, p.p90
FROM predictions AS p JOIN prediction_models AS m ON m.id = p.model
WHERE p.day = ?1 AND m.model_id = ?2
ORDER BY p.lot, p.rowid
LIMIT ?3
