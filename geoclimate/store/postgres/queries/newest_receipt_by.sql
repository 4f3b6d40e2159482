SELECT id FROM receipts WHERE received_at <= $1 ORDER BY received_at DESC, id DESC LIMIT 1
