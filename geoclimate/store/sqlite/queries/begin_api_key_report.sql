INSERT INTO api_key_reports (recorder, number, at) VALUES (?1, ?2, ?3)
ON CONFLICT (recorder) DO UPDATE SET number = excluded.number, at = excluded.at WHERE number < excluded.number
