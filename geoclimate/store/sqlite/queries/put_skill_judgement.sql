INSERT INTO skill_judgement (id, generation, from_day, to_day, computed_at) VALUES (1, ?1, ?2, ?3, ?4)
ON CONFLICT (id) DO UPDATE SET
  generation = excluded.generation,
  from_day = excluded.from_day,
  to_day = excluded.to_day,
  computed_at = excluded.computed_at
