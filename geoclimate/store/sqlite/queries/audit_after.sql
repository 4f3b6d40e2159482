SELECT id, at, actor, address, action, subject, was, became, reason, request_id, outcome
FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2
