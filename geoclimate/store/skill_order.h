#pragma once

#include "geoclimate/store/skill_store.h"

namespace geoclimate::store {

// Whether `there` stays where SkillStore::Replace() is given `judgement`.
inline bool Stays(const SkillJudgement& there, const SkillJudgement& judgement) {
  if (there.generation != judgement.generation) return there.generation > judgement.generation;
  return there.from == judgement.from && there.to == judgement.to;
}

// The number that stands for all sites, below those of every site.
inline constexpr std::int64_t kAllSites = -1;

}  // namespace geoclimate::store
