SELECT id, received_at FROM receipts WHERE id = ANY($1)
