SELECT pg_advisory_xact_lock(1195592781, $1)
