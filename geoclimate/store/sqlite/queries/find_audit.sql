SELECT id FROM audit
WHERE at = ?1 AND actor = ?2 AND address = ?3 AND action = ?4 AND subject = ?5 AND was = ?6 AND became = ?7
  AND reason = ?8 AND request_id = ?9 AND outcome = ?10
