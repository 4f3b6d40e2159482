INSERT INTO audit (id, at, actor, address, action, subject, was, became, reason, request_id, outcome)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (id) DO NOTHING
