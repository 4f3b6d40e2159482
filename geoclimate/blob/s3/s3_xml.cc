#include "geoclimate/blob/s3/s3_xml.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "geoclimate/base/day.h"

namespace geoclimate::blob {
namespace {

base::Error NotThat(std::string_view expected) {
  return base::DataLoss(fmt::format("the answer of the store is no {}", expected));
}

// pugixml reads neither a DTD nor what one refers to.
bool Load(pugi::xml_document& document, std::string_view xml) {
  return static_cast<bool>(
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8));
}

// The part of a name behind the prefix of its namespace.
std::string_view LocalName(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node Child(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node child : node.children()) {
    if (LocalName(child) == name) return child;
  }
  return {};
}

std::string Text(const pugi::xml_node& node, std::string_view name) {
  return Child(node, name).text().get();
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What encoding-type=url made of a key; nothing for a '%' that begins no byte.
std::optional<std::string> UriDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace

base::Result<ListPage> ParseListPage(std::string_view xml) {
  pugi::xml_document document;
  constexpr std::string_view kDocument = "ListBucketResult";
  if (!Load(document, xml)) return NotThat(kDocument);
  const pugi::xml_node root = Child(document, kDocument);
  if (root.empty()) return NotThat(kDocument);
  ListPage page;
  for (const pugi::xml_node node : root.children()) {
    if (LocalName(node) != "Contents") continue;
    std::optional<std::string> key = UriDecode(Text(node, "Key"));
    const std::string size_text = Text(node, "Size");
    std::uint64_t size = 0;
    const char* const end = size_text.data() + size_text.size();
    const auto [rest, error] = std::from_chars(size_text.data(), end, size);
    if (!key.has_value() || size_text.empty() || error != std::errc() || rest != end) {
      return NotThat("ListBucketResult: an object lacks its key or size");
    }
    page.entries.push_back({.key = *std::move(key), .size = size, .version = Text(node, "ETag")});
  }
  if (Text(root, "IsTruncated") == "true") {
    page.continuation_token = Text(root, "NextContinuationToken");
    if (page.continuation_token.empty()) {
      return NotThat("ListBucketResult: it is truncated without a token to go on with");
    }
  }
  return page;
}

ErrorDocument ParseErrorDocument(std::string_view xml) {
  pugi::xml_document document;
  if (!Load(document, xml)) return {};
  pugi::xml_node root = Child(document, "Error");
  // STS has it one level further in.
  if (root.empty()) root = Child(Child(document, "ErrorResponse"), "Error");
  constexpr std::size_t kMostMessageBytes = 500;
  ErrorDocument error{.code = Text(root, "Code"), .message = Text(root, "Message")};
  if (error.code.size() > kMostMessageBytes) error.code.resize(kMostMessageBytes);
  if (error.message.size() > kMostMessageBytes) error.message.resize(kMostMessageBytes);
  return error;
}

base::Result<std::string> ParseUploadId(std::string_view xml) {
  pugi::xml_document document;
  constexpr std::string_view kDocument = "InitiateMultipartUploadResult";
  if (!Load(document, xml)) return NotThat(kDocument);
  std::string id = Text(Child(document, kDocument), "UploadId");
  if (id.empty()) return NotThat(kDocument);
  return id;
}

std::string EncodeCompletedUpload(const std::vector<UploadedPart>& parts) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  root.append_attribute("xmlns") = "http://s3.amazonaws.com/doc/2006-03-01/";
  int number = 0;
  for (const UploadedPart& part : parts) {
    pugi::xml_node node = root.append_child("Part");
    node.append_child("PartNumber").text() = ++number;
    node.append_child("ETag").text() = part.etag.c_str();
    node.append_child("ChecksumSHA256").text() = part.sha256_base64.c_str();
  }
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
  return text.str();
}

base::Result<std::string> ParseCompletedUpload(std::string_view xml) {
  pugi::xml_document document;
  constexpr std::string_view kDocument = "CompleteMultipartUploadResult";
  if (!Load(document, xml)) return NotThat(kDocument);
  std::string etag = Text(Child(document, kDocument), "ETag");
  if (etag.empty()) return NotThat(kDocument);
  return etag;
}

base::Result<Credentials> ParseAssumedRole(std::string_view xml) {
  pugi::xml_document document;
  constexpr std::string_view kDocument = "AssumeRoleWithWebIdentityResponse";
  if (!Load(document, xml)) return NotThat(kDocument);
  const pugi::xml_node result =
      Child(Child(document, kDocument), "AssumeRoleWithWebIdentityResult");
  const pugi::xml_node node = Child(result, "Credentials");
  Credentials credentials{.access_key_id = Text(node, "AccessKeyId"),
                          .secret_access_key = Text(node, "SecretAccessKey"),
                          .session_token = Text(node, "SessionToken")};
  // Some services write fractions of a second.
  const auto expires = base::ParseTimestamp(Text(node, "Expiration").substr(0, 19) + "Z");
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
      credentials.session_token.empty() || !expires.ok()) {
    return NotThat(kDocument);
  }
  credentials.expires = *expires;
  return credentials;
}

}  // namespace geoclimate::blob
