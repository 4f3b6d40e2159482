DELETE FROM skill_scores
