UPDATE receipts SET received_at = ?2, observations_new = ?3, observations_replaced = ?4 WHERE id = ?1
