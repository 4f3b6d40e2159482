#include "geoclimate/cache/redis_tier.h"

#include <algorithm>

#include <fmt/format.h>

#include "geoclimate/cache/tier_value.h"

namespace geoclimate::cache {
namespace {

constexpr std::size_t kMostKeysAtOnce = 512;

// One reply, an array of strings or, with `nil`, of none.
enum class Nil : std::uint8_t { kRefused, kAllowed };
base::Result<void> CheckArray(std::span<const redis::Reply> replies, Nil nil) {
  const redis::Reply& reply = replies[0];
  const bool fits = reply.type == redis::Reply::Type::kArray &&
                    std::ranges::all_of(reply.elements, [nil](const redis::Reply& element) {
                      return element.is_string() || (nil == Nil::kAllowed && element.is_nil());
                    });
  if (fits) return {};
  return reply.is_error() ? base::Unavailable("Redis refuses the command")
                          : base::DataLoss("the answer of Redis is no list");
}

}  // namespace

base::Result<void> RedisTierOptions::Validate() const {
  if (timeout.count() < 1 || ttl.count() < 1 || absent_ttl.count() < 1 ||
      write_timeout.count() < 1) {
    return base::InvalidArgument("the times of the second tier are positive");
  }
  return {};
}

RedisTier::RedisTier(redis::ConnectionPool& pool, resilience::CircuitBreaker& breaker,
                     const RedisTierOptions& options, const base::Clock& clock,
                     telemetry::MetricRegistry& metrics)
    : pool_(pool),
      breaker_(breaker),
      options_(options),
      clock_(clock),
      writes_(pool, breaker, options, clock, metrics),
      lookups_(pool, breaker, options, clock, metrics) {}

void RedisTier::Insert(std::string_view key, std::string_view bytes) {
  Write(key, EncodeTierValue(key, {.bytes = bytes}), options_.ttl);
}

void RedisTier::InsertAbsent(std::string_view key) {
  Write(key, EncodeTierValue(key, {.kind = TierValueKind::kAbsent, .bytes = {}}),
        options_.absent_ttl);
}

void RedisTier::Write(std::string_view key, std::string_view encoded, std::chrono::seconds ttl) {
  redis::CommandBatch commands;
  commands.Add({"SET", key, encoded, "EX", fmt::format("{}", ttl.count())});
  writes_.Post(std::move(commands));
}

void RedisTier::MarkUsed(std::string_view set, std::span<const std::string> members,
                         std::size_t most) {
  if (members.empty() || most == 0 || !writes_.Open()) return;
  const auto now = std::chrono::duration<double>(clock_.Now().time_since_epoch()).count();
  redis::CommandBatch commands;
  // The first are used most: they go last.
  double mark = now + 1e-6 * static_cast<double>(members.size());
  for (const std::string& member : members) {
    commands.Add({"ZADD", set, fmt::format("{:.6f}", mark), member});
    mark -= 1e-6;
  }
  commands.Add({"ZREMRANGEBYRANK", set, "0", fmt::format("-{}", most + 1)});
  commands.Add({"EXPIRE", set, fmt::format("{}", options_.ttl.count())});
  writes_.Post(std::move(commands));
}

base::Result<std::vector<std::string>> RedisTier::MostUsed(std::string_view set, std::size_t most,
                                                           base::Deadline deadline) {
  std::vector<std::string> members;
  if (most == 0) return members;
  redis::CommandBatch commands;
  commands.Add({"ZREVRANGE", set, "0", fmt::format("{}", most - 1)});
  GC_ASSIGN_OR_RETURN(std::vector<redis::Reply> replies, breaker_.Run([&] {
    return pool_.Exchange(commands, deadline, [](std::span<const redis::Reply> all) {
      return CheckArray(all, Nil::kRefused);
    });
  }));
  members.reserve(replies[0].elements.size());
  for (redis::Reply& element : replies[0].elements) members.push_back(std::move(element.text));
  if (members.size() > most) members.resize(most);
  return members;
}

base::Result<std::vector<std::optional<std::string>>> RedisTier::Load(
    std::span<const std::string> keys, base::Deadline deadline) {
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  while (!keys.empty()) {
    const std::span<const std::string> some = keys.first(std::min(keys.size(), kMostKeysAtOnce));
    keys = keys.subspan(some.size());
    std::vector<std::string_view> words = {"MGET"};
    words.insert(words.end(), some.begin(), some.end());
    redis::CommandBatch commands;
    commands.Add(words);
    GC_ASSIGN_OR_RETURN(const std::vector<redis::Reply> replies, breaker_.Run([&] {
      return pool_.Exchange(commands, deadline, [](std::span<const redis::Reply> all) {
        return CheckArray(all, Nil::kAllowed);
      });
    }));
    for (std::size_t i = 0; i < some.size(); ++i) {
      std::optional<std::string>& value = values.emplace_back();
      if (i >= replies[0].elements.size() || replies[0].elements[i].is_nil()) continue;
      const auto decoded = DecodeTierValue(some[i], replies[0].elements[i].text);
      const auto* found = std::get_if<TierValue>(&decoded);
      if (found != nullptr && found->kind == TierValueKind::kBytes) value = found->bytes;
    }
  }
  return values;
}

}  // namespace geoclimate::cache
