// Every file of tests/golden/http/: whole, and byte by byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/server/http/local_client.h"

namespace geoclimate::server::http {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string name;
  std::string about;
  std::string answers;
  std::string then;
  std::string bytes;
};

std::string Unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') continue;
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r':
        bytes += '\r';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case 'x': {
        int value = 0;
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
        bytes += static_cast<char>(value);
        i += 2;
        break;
      }
      default:
        bytes += text[i];
    }
  }
  return bytes;
}

Case Load(const fs::path& path) {
  std::ifstream file(path);
  Case loaded;
  loaded.name = path.stem().string();
  std::getline(file, loaded.about);
  file.ignore(std::numeric_limits<std::streamsize>::max(), ' ');
  std::getline(file, loaded.answers);
  file.ignore(std::numeric_limits<std::streamsize>::max(), ' ');
  std::getline(file, loaded.then);
  std::string separator;
  std::getline(file, separator);
  loaded.bytes = Unescape(std::string((std::istreambuf_iterator<char>(file)), {}));
  return loaded;
}

std::vector<Case> LoadAll() {
  std::vector<Case> cases;
  for (const auto& entry :
       fs::directory_iterator(fs::path(GEOCLIMATE_SOURCE_DIR) / "tests/golden/http")) {
    if (entry.path().extension() == ".txt") cases.push_back(Load(entry.path()));
  }
  std::sort(cases.begin(), cases.end(),
            [](const Case& a, const Case& b) { return a.name < b.name; });
  return cases;
}

RouteTable Routes() {
  RouteTable table;
  const auto add = [&](Method method, std::string_view path, Handler handler) -> Route& {
    Route route;
    route.method = method;
    route.path = path;
    route.scope = Scope::kRead;
    route.listener = Listener::kPublic;
    route.handler = std::move(handler);
    return table.routes.emplace_back(std::move(route));
  };
  add(Method::kGet, "/hello", [](const Request&, Response& response) {
    response.body() = "hello";
    return base::Result<void>();
  });
  add(Method::kGet, "/items/{name}", [](const Request& request, Response& response) {
    response.body() = request.path_parameter("name");
    return base::Result<void>();
  });
  Route& echo = add(Method::kPost, "/echo", [](const Request& request, Response& response) {
    response.body() = request.body();
    return base::Result<void>();
  });
  echo.max_body_bytes = 100'000;
  echo.consumes = {"application/json", "text/plain"};
  return table;
}

struct Outcome {
  std::string answers;
  std::string then = "open";
};

Outcome Read(std::string_view text) {
  Outcome outcome;
  while (!text.empty()) {
    const std::size_t head_end = text.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return {"cut off", ""};
    const std::string head(text.substr(0, head_end + 2));
    if (!outcome.answers.empty()) outcome.answers += ' ';
    outcome.answers += head.substr(9, 3);
    if (head.find("Connection: close\r\n") != std::string::npos) outcome.then = "close";
    std::size_t length = 0;
    const std::size_t field = head.find("Content-Length: ");
    if (field != std::string::npos) length = std::stoul(head.substr(field + 16));
    text.remove_prefix(std::min(text.size(), head_end + 4 + length));
  }
  if (outcome.answers.empty()) outcome.answers = "none";
  return outcome;
}

class GoldenRequest : public testing::TestWithParam<Case> {
 protected:
  void Check(std::size_t piece_bytes) {
    const base::FakeClock clock(base::Timestamp{});
    LocalClient client(Routes(), clock);
    const Outcome outcome = Read(client.Exchange(GetParam().bytes, piece_bytes));
    EXPECT_EQ(outcome.answers, GetParam().answers) << GetParam().about;
    EXPECT_EQ(outcome.then, GetParam().then) << GetParam().about;
  }
};

TEST_P(GoldenRequest, IsAnsweredAsWrittenWhenItComesWhole) {
  Check(std::numeric_limits<std::size_t>::max());
}

TEST_P(GoldenRequest, IsAnsweredAsWrittenWhenItComesByteByByte) {
  Check(1);
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenRequest, testing::ValuesIn(LoadAll()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace geoclimate::server::http
