INSERT INTO receipts (id, origin, received_at, observations_new, observations_replaced) VALUES ($1, $2, $3, $4, $5)
