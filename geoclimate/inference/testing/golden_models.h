#pragma once

// The models of tests/golden/models, and what their own libraries answered.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/base/result.h"
#include "geoclimate/model/lightgbm_reader.h"
#include "geoclimate/model/model_file.h"
#include "geoclimate/model/xgboost_reader.h"

namespace geoclimate::inference {

inline std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct GoldenAnswers {
  std::size_t rows = 0;
  std::vector<float> features;
  std::vector<double> margins;
  std::vector<double> answers;
};

inline GoldenAnswers ReadGoldenAnswers(const std::filesystem::path& path) {
  GoldenAnswers golden;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const std::string head = "," + line;
  std::string kinds;  // the letter of each column
  for (std::size_t at = head.find(','); at != std::string::npos; at = head.find(',', at + 1)) {
    kinds += head[at + 1];
  }
  while (std::getline(file, line)) {
    ++golden.rows;
    const char* at = line.data();
    const char* const end = at + line.size();
    for (const char kind : kinds) {
      double value = 0;
      const auto [last, error] = std::from_chars(at, end, value);
      EXPECT_EQ(error, std::errc()) << path << ": " << line;
      at = last + 1;
      if (kind == 'f') golden.features.push_back(static_cast<float>(value));
      if (kind == 'm') golden.margins.push_back(value);
      if (kind == 'a') golden.answers.push_back(value);
    }
  }
  return golden;
}

inline base::Result<model::TreeEnsemble> ReadGoldenModel(const std::filesystem::path& path) {
  const std::string bytes = ReadAll(path);
  GC_ASSIGN_OR_RETURN(const model::ModelFormat format, model::DetectFormat(bytes));
  return format == model::ModelFormat::kXgboost ? model::ReadXgboost(bytes)
                                                : model::ReadLightgbm(bytes);
}

// `source_dir` is the checkout: GEOCLIMATE_SOURCE_DIR of a test.
inline std::vector<std::filesystem::path> GoldenModels(const std::filesystem::path& source_dir) {
  std::vector<std::filesystem::path> models;
  for (const std::filesystem::directory_entry& entry :
       std::filesystem::directory_iterator(source_dir / "tests/golden/models")) {
    std::filesystem::path csv = entry.path();
    csv.replace_extension(".csv");
    if (entry.path() != csv && std::filesystem::exists(csv)) models.push_back(entry.path());
  }
  std::sort(models.begin(), models.end());
  return models;
}

inline std::string GoldenName(const std::filesystem::path& model) {
  return model.stem().string() + "_" + model.extension().string().substr(1);
}

// A line a row.
inline std::vector<std::vector<double>> ReadNumbers(const std::filesystem::path& path) {
  std::vector<std::vector<double>> rows;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::vector<double>& row = rows.emplace_back();
    const char* const end = line.data() + line.size();
    for (const char* at = line.data(); at < end;) {
      const auto [last, error] = std::from_chars(at, end, row.emplace_back());
      EXPECT_EQ(error, std::errc()) << path << ": " << line;
      at = last + 1;
    }
  }
  return rows;
}

}  // namespace geoclimate::inference
