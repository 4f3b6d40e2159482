WITH there AS (
  SELECT id FROM audit
  WHERE at = $1 AND actor = $2 AND address = $3 AND action = $4 AND subject = $5 AND was = $6 AND became = $7
    AND reason = $8 AND request_id = $9 AND outcome = $10
  ORDER BY id LIMIT 1
), added AS (
  INSERT INTO audit (at, actor, address, action, subject, was, became, reason, request_id, outcome)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 WHERE NOT EXISTS (SELECT FROM there)
  RETURNING id
)
SELECT id FROM added UNION ALL SELECT id FROM there
