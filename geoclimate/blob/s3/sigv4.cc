#include "geoclimate/blob/s3/sigv4.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>

#include "geoclimate/blob/s3/uri_encoding.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/formats/hmac.h"

namespace geoclimate::blob {
namespace {

using http_client::HeaderField;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string_view BytesOf(const formats::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

std::string TimeText(base::Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y%m%dT%H%M%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

// The fields that are signed: as "name:value\n" each, and their names joined by ';'.
struct CanonicalFields {
  std::string lines;
  std::string names;
};

CanonicalFields Canonical(std::string_view host, const std::vector<HeaderField>& headers) {
  std::vector<std::pair<std::string, std::string_view>> fields = {{"host", host}};
  for (const HeaderField& field : headers) fields.emplace_back(LowerCase(field.name), field.value);
  std::ranges::sort(fields);
  CanonicalFields canonical;
  for (const auto& [name, value] : fields) {
    canonical.lines += fmt::format("{}:{}\n", name, value);
    canonical.names += fmt::format("{}{}", canonical.names.empty() ? "" : ";", name);
  }
  return canonical;
}

formats::Sha256Digest SigningKey(const Credentials& credentials, const SigningScope& scope,
                                 std::string_view date) {
  const auto day = formats::HmacSha256("AWS4" + credentials.secret_access_key, date);
  const auto region = formats::HmacSha256(BytesOf(day), scope.region);
  const auto service = formats::HmacSha256(BytesOf(region), scope.service);
  return formats::HmacSha256(BytesOf(service), "aws4_request");
}

}  // namespace

std::string CanonicalQuery(const Query& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  encoded.reserve(query.size());
  for (const auto& [name, value] : query) {
    encoded.emplace_back(UriEncode(name, Slash::kEncoded), UriEncode(value, Slash::kEncoded));
  }
  std::ranges::sort(encoded);
  std::string text;
  for (const auto& [name, value] : encoded) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  }
  return text;
}

std::vector<HeaderField> SignV4(const SignedRequest& request, const Credentials& credentials,
                                const SigningScope& scope, base::Timestamp now) {
  const std::string time = TimeText(now);
  const std::string_view date = std::string_view(time).substr(0, 8);
  std::vector<HeaderField> fields = request.headers;
  fields.push_back({"x-amz-date", time});
  fields.push_back({"x-amz-content-sha256", request.payload_sha256});
  if (!credentials.session_token.empty()) {
    fields.push_back({"x-amz-security-token", credentials.session_token});
  }
  const CanonicalFields canonical = Canonical(request.host, fields);
  const std::string canonical_request =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.encoded_path,
                  request.encoded_query, canonical.lines, canonical.names, request.payload_sha256);
  const std::string scope_text =
      fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope_text,
                                          formats::Sha256(canonical_request).Hex());
  const auto key = SigningKey(credentials, scope, date);
  fields.push_back(
      {"Authorization", fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm,
                                    credentials.access_key_id, scope_text, canonical.names,
                                    formats::HmacSha256(BytesOf(key), to_sign).Hex())});
  return fields;
}

}  // namespace geoclimate::blob
