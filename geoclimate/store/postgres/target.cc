#include "geoclimate/store/postgres/target.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <map>
#include <memory>

namespace geoclimate::store::postgres {
namespace {

struct OptionsDeleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::vector<const char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

base::Result<Target> Target::Parse(std::string_view url) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, OptionsDeleter> options(
      PQconninfoParse(std::string(url).c_str(), &message));
  // libpq's message repeats the text, with the password in it.
  PQfreemem(message);
  if (options == nullptr) {
    return base::InvalidArgument(
        "the database's URL is not postgresql://USER:PASSWORD@HOST:PORT/NAME (it is not shown: it "
        "holds a password)");
  }
  Target target;
  std::map<std::string, std::string, std::less<>> given;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    target.keywords_.emplace_back(option->keyword);
    target.values_.emplace_back(option->val);
    given.emplace(option->keyword, option->val);
  }
  const auto add = [&](const char* keyword, const char* value) {
    if (given.contains(keyword)) return;
    target.keywords_.emplace_back(keyword);
    target.values_.emplace_back(value);
  };
  add("fallback_application_name", "geoclimate");
  add("client_encoding", "UTF8");
  const auto shown = [&](const char* keyword, const char* otherwise) {
    const auto found = given.find(keyword);
    return found == given.end() || found->second.empty() ? std::string(otherwise) : found->second;
  };
  target.name_ = fmt::format("postgres at {}:{}/{}", shown("host", "localhost"),
                             shown("port", "5432"), shown("dbname", "postgres"));
  return target;
}

std::vector<const char*> Target::Keywords() const {
  return Pointers(keywords_);
}

std::vector<const char*> Target::Values() const {
  return Pointers(values_);
}

}  // namespace geoclimate::store::postgres
