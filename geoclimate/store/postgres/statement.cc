#include "geoclimate/store/postgres/statement.h"

#include <functional>
#include <map>

#include "geoclimate/base/check.h"
#include "geoclimate/store/postgres/embedded_sql.h"

namespace geoclimate::store::postgres {

const std::string& TextOf(std::string_view statement) {
  static const auto texts = [] {
    std::map<std::string, std::string, std::less<>> all;
    for (const SqlFile& query : Queries()) all.emplace(query.name, query.text);
    return all;
  }();
  const auto found = texts.find(statement);
  GC_CHECK(found != texts.end(), std::string(statement).c_str());
  return found->second;
}

}  // namespace geoclimate::store::postgres
