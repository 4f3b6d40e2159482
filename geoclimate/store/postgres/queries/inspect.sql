SELECT
  current_setting('server_version_num')::integer,
  current_setting('server_version'),
  current_setting('max_connections')::integer,
  current_setting('superuser_reserved_connections')::integer,
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
  pg_encoding_to_char((SELECT encoding FROM pg_database WHERE datname = current_database()))::text,
  pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean,
  coalesce(has_schema_privilege(current_schema()::text, 'CREATE'), false),
  coalesce((
    SELECT string_agg(relname::text, ', ' ORDER BY relname)
    FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
      AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT'))
  ), ''),
  clock_timestamp()
