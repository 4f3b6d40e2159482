// Fits trees through training::Booster and says what it took, as a JSON line: training_cost
// ROWS.bin ROUNDS THREADS PREDICTIONS.bin. ROWS.bin holds u64 rows, u64 columns, then rows x
// columns features and rows labels as floats, as xgboost_cost.py --make writes it.

#include <ctime>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "geoclimate/training/booster.h"

namespace {

using namespace geoclimate;

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::vector<float> ReadFloats(std::ifstream& file, std::size_t count) {
  std::vector<float> values(count);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(count * sizeof(float)));
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "training_cost ROWS.bin ROUNDS THREADS PREDICTIONS.bin\n");
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  std::uint64_t shape[2] = {};
  file.read(reinterpret_cast<char*>(shape), sizeof(shape));
  const std::vector<float> features = ReadFloats(file, shape[0] * shape[1]);
  const std::vector<float> labels = ReadFloats(file, shape[0]);
  GC_CHECK(file, "the rows are readable");

  std::vector<features::Feature> columns(shape[1]);
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].name = "f" + std::to_string(i);
  training::BoostOptions options;
  options.max_rounds = std::atoi(argv[2]);
  options.threads = std::atoi(argv[3]);
  const auto start = std::chrono::steady_clock::now();
  const double cpu_start = CpuSeconds();
  auto matrix = *training::BoosterMatrix::Create(features::FeatureSchema(std::move(columns)),
                                                 features, options.threads);
  GC_CHECK(matrix.SetLabels(labels).ok(), "the labels are numbers");
  const auto booster = *training::Booster::Train(options, matrix);
  const double cpu = CpuSeconds() - cpu_start;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;

  const std::vector<float> scores = *booster.Predict(matrix);
  std::ofstream(argv[4], std::ios::binary)
      .write(reinterpret_cast<const char*>(scores.data()),
             static_cast<std::streamsize>(scores.size() * sizeof(float)));
  std::printf("{\"rows\":%llu,\"cpu_seconds\":%.3f,\"wall_seconds\":%.3f}\n",
              static_cast<unsigned long long>(shape[0]), cpu, wall.count());
}
