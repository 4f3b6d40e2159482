COPY observation_versions (series, start, value, source, completeness, monitor, available_at_floor, origin, receipt)
FROM STDIN (FORMAT binary)
