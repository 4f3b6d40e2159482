DELETE FROM predictions WHERE rowid IN (SELECT rowid FROM predictions WHERE day = ?1 LIMIT ?2)
