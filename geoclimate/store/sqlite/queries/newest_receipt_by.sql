SELECT id FROM receipts WHERE received_at <= ?1 ORDER BY id DESC LIMIT 1
