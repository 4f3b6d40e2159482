SELECT setval(pg_get_serial_sequence('audit', 'id'), greatest(max(id), nextval(pg_get_serial_sequence('audit', 'id'))))
FROM audit
