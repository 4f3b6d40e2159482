SELECT id, utc_offset FROM sites WHERE id = ANY($1)
