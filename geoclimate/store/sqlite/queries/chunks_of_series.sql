SELECT period, origin, receipt, versions FROM observation_chunks
WHERE series = ?1 AND period BETWEEN ?2 AND ?3
ORDER BY period
