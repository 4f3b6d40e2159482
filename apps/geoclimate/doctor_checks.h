#pragma once

#include <cstdint>
#include <filesystem>

#include "apps/geoclimate/doctor_findings.h"
#include "apps/geoclimate/settings.h"
#include "geoclimate/base/clock.h"

namespace geoclimate::app {

// What is looked at, and whether services of others are asked too.
struct DoctorCase {
  const Settings& settings;
  std::filesystem::path data_dir;
  enum class Outside : std::uint8_t { kLeaveAlone, kAsk } outside = Outside::kLeaveAlone;
  const base::Clock& clock;
};

// Each adds what it sees. None changes anything but scratch files and a scratch key of the storage,
// which it removes again.
void CheckMachine(const DoctorCase& patient, Findings& findings);  // CPU, open files
void CheckDataDirectory(const DoctorCase& patient, Findings& findings);
void CheckPorts(const DoctorCase& patient, Findings& findings);
void CheckSecretFiles(const DoctorCase& patient, Findings& findings);
void CheckTls(const DoctorCase& patient, Findings& findings);
void CheckTokenKeys(const DoctorCase& patient, Findings& findings);
void CheckSources(const DoctorCase& patient, Findings& findings);
void CheckDatabase(const DoctorCase& patient, Findings& findings);
void CheckRedis(const DoctorCase& patient, Findings& findings);
void CheckStorage(const DoctorCase& patient, Findings& findings);
void CheckModelsAndForecasts(const DoctorCase& patient, Findings& findings);

// A service's clock against this machine's: leases, tokens and signatures go by both.
void CheckClock(std::string_view check, base::Timestamp theirs, const DoctorCase& patient,
                Findings& findings);

}  // namespace geoclimate::app
