#include <sys/stat.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/geoclimate/doctor_checks.h"
#include "apps/geoclimate/source_service.h"
#include "geoclimate/access/token_verifier.h"
#include "geoclimate/base/day.h"
#include "geoclimate/formats/certificate.h"
#include "geoclimate/http_client/http_client.h"

namespace geoclimate::app {
namespace {

struct SecretFile {
  std::string check;
  std::filesystem::path path;
  enum class Presence : std::uint8_t { kNeeded, kIfThere } presence = Presence::kNeeded;
};

void CheckSecretFile(const SecretFile& secret, Findings& findings) {
  struct stat status{};
  const std::string file = secret.path.string();
  if (::stat(file.c_str(), &status) != 0) {
    if (secret.presence == SecretFile::Presence::kIfThere) return;
    findings.Fail(secret.check, fmt::format("the file {} is not there", file),
                  "make it, or correct the setting");
    return;
  }
  const std::string seen = fmt::format("{}, mode {:03o}", file, status.st_mode & 0777U);
  if ((status.st_mode & S_IRWXO) != 0) {
    findings.Fail(secret.check, seen, "others may read or write a secret: chmod o-rwx " + file);
  } else if ((status.st_mode & S_IWGRP) != 0) {
    findings.Warn(secret.check, seen, "its group may change it: chmod g-w " + file);
  } else {
    findings.Ok(secret.check, seen);
  }
}

std::vector<SecretFile> SecretFiles(const DoctorCase& patient) {
  const Settings& settings = patient.settings;
  using Presence = SecretFile::Presence;
  std::vector<SecretFile> files;
  const auto add = [&files](std::string_view setting, const std::filesystem::path& path) {
    if (!path.empty()) files.push_back({std::string(setting), path});
  };
  add("database.url_file", settings.database_url_file);
  if (settings.shared_cache.enabled) add("caching.redis.url_file", settings.shared_cache.url_file);
  if (settings.StorageIsBucket()) add("storage.s3.credentials_file", settings.s3_credentials_file);
  add("api.tls.key_file", settings.server.tls.key);
  add("alerts.key_file", settings.alerts.key_file);
  add("sources.airnow.key_file", settings.sources.airnow.key_file);
  add("sources.openaq.key_file", settings.sources.openaq.key_file);
  add("sources.aqs.key_file", settings.sources.aqs.key_file);
  files.push_back({"admin.token", patient.data_dir / "admin.token", Presence::kIfThere});
  files.push_back({"alerts.key", patient.data_dir / "alerts.key", Presence::kIfThere});
  return files;
}

template <typename Options>
void CheckSource(std::string_view name, const char* variable, const SourceSettings<Options>& source,
                 const std::string& base_url, const DoctorCase& patient, Findings& findings) {
  const bool has_variable = std::getenv(variable) != nullptr;  // NOLINT(concurrency-mt-unsafe)
  if (!source.enabled && source.key_file.empty() && !has_variable) return;
  const std::string check = fmt::format("sources.{}", name);
  const auto key = ReadSourceKey(source.key_file, variable, check + ".key_file");
  if (!key.ok()) {
    findings.Fail(check, key.error().message(), "see docs/fetch.md for where keys come from");
    return;
  }
  if (source.bbox.empty()) {
    findings.Fail(check, "there is a key and no box", fmt::format("set {}.bbox", check));
    return;
  }
  if (patient.outside == DoctorCase::Outside::kLeaveAlone) {
    findings.Ok(check, "key and box are there; --online asks the service");
    return;
  }
  const http_client::HttpClient client(patient.clock);
  const auto answer =
      client.Send({.url = base_url,
                   .deadline = base::Deadline::After(patient.clock, std::chrono::seconds(15))});
  if (answer.ok() || answer.error().code() == base::ErrorCode::kOutOfRange) {
    findings.Ok(check, base_url + " answers");
  } else {
    findings.Fail(check, answer.error().message(),
                  "let this machine reach it, or set the source's base_url to a mirror");
  }
}

}  // namespace

void CheckSecretFiles(const DoctorCase& patient, Findings& findings) {
  for (const SecretFile& file : SecretFiles(patient)) CheckSecretFile(file, findings);
}

void CheckTls(const DoctorCase& patient, Findings& findings) {
  const access::TlsFiles& tls = patient.settings.server.tls;
  if (!tls.enabled()) return;
  const auto certificate = formats::ReadCertificate(tls.certificate);
  if (!certificate.ok()) {
    findings.Fail("api.tls.cert_file", certificate.error().message(),
                  "name the certificate, with its chain behind it, in PEM");
    return;
  }
  const base::Timestamp now = patient.clock.Now();
  const std::string seen = fmt::format("{} from {} to {}", certificate->subject,
                                       base::FormatTimestamp(certificate->valid_from),
                                       base::FormatTimestamp(certificate->valid_to));
  constexpr std::chrono::days kSoon{21};
  if (certificate->valid_to <= now || certificate->valid_from > now) {
    findings.Fail("api.tls.cert_file", seen, "it is not valid now: renew it");
  } else if (certificate->valid_to <= now + kSoon) {
    findings.Warn("api.tls.cert_file", seen, "it ends within three weeks: renew it");
  } else {
    findings.Ok("api.tls.cert_file", seen);
  }
  if (const auto fits = formats::CheckCertificateKey(tls.certificate, tls.key); !fits.ok()) {
    findings.Fail("api.tls.key_file", fits.error().message(), "name the key of this certificate");
  } else {
    findings.Ok("api.tls.key_file", "is the certificate's key");
  }
  if (tls.client_ca.empty()) return;
  const auto authority = formats::ReadCertificate(tls.client_ca);
  if (!authority.ok()) {
    findings.Fail("api.tls.client_ca_file", authority.error().message(),
                  "name the certificates of the clients' authorities, in PEM");
  } else {
    findings.Ok("api.tls.client_ca_file", authority->subject);
  }
}

void CheckTokenKeys(const DoctorCase& patient, Findings& findings) {
  const access::TokenOptions& options = patient.settings.tokens;
  if (!options.enabled()) return;
  const auto opened = access::TokenVerifier::Open(options, std::nullopt, patient.clock);
  if (opened.ok()) {
    findings.Ok("auth.jwt", "the keys that verify tokens can be read");
  } else {
    findings.Fail("auth.jwt", opened.error().message(),
                  "name a public key in PEM or a secret of 32 bytes (key_file), or a JSON Web Key "
                  "Set (jwks_file)");
  }
}

void CheckSources(const DoctorCase& patient, Findings& findings) {
  const SourcesSettings& sources = patient.settings.sources;
  CheckSource("airnow", "AIRNOW_API_KEY", sources.airnow, sources.airnow.fetch.base_url, patient,
              findings);
  CheckSource("openaq", "OPENAQ_API_KEY", sources.openaq, sources.openaq.fetch.base_url, patient,
              findings);
  CheckSource("aqs", "AQS_API_KEY", sources.aqs, sources.aqs.fetch.base_url, patient, findings);
}

}  // namespace geoclimate::app
