SELECT utc_offset FROM sites WHERE id = ?1
