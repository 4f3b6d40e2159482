SELECT id, received_at FROM receipts WHERE id > ?1 ORDER BY id
