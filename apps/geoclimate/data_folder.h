#pragma once

#include <filesystem>

namespace geoclimate::app {

// What lies where below --data-dir.
inline std::filesystem::path DatabasePath(const std::filesystem::path& data_dir) {
  return data_dir / "geoclimate.db";
}
// The root of the blob store: models/ and tables/ lie in it.
inline std::filesystem::path StoragePath(const std::filesystem::path& data_dir) {
  return data_dir;
}
// What was read of a bucket, kept for a start without it.
inline std::filesystem::path StorageCopyPath(const std::filesystem::path& data_dir) {
  return data_dir / "storage-copy";
}

// Sampled predictions that wait for the database: docs/formats/prediction_spill.md.
inline std::filesystem::path PredictionSpillPath(const std::filesystem::path& data_dir) {
  return data_dir / "prediction-log-spill";
}

}  // namespace geoclimate::app
