SELECT id, received_at FROM receipts ORDER BY id DESC LIMIT 1
