SELECT to_date(right(c.relname, 8), 'YYYYMMDD'), pg_total_relation_size(c.oid), pg_relation_size(c.oid) > 0
FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'predictions'::regclass
ORDER BY 1
