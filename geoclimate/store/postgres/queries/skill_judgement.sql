SELECT generation, from_day, to_day, computed_at FROM skill_judgement
