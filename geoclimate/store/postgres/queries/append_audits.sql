INSERT INTO audit (at, actor, address, action, subject, was, became, reason, request_id, outcome)
SELECT n.at, n.actor, n.address, n.action, n.subject, n.was, n.became, n.reason, n.request_id, n.outcome
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) WITH ORDINALITY
  AS n (at, actor, address, action, subject, was, became, reason, request_id, outcome, number)
WHERE NOT EXISTS (
  SELECT FROM audit AS a
  WHERE a.at = n.at AND a.actor = n.actor AND a.address = n.address AND a.action = n.action AND a.subject = n.subject
    AND a.was = n.was AND a.became = n.became AND a.reason = n.reason AND a.request_id = n.request_id
    AND a.outcome = n.outcome
)
ORDER BY n.number
