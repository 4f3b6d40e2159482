#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "apps/geoclimate/audit_trail.h"
#include "apps/geoclimate/ingest_output.h"
#include "apps/geoclimate/ingest_sinks.h"
#include "apps/geoclimate/progress.h"
#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Reads EPA's daily files in every shape that they and people's copies of them have, plain or
gzip. A folder stands for every *.csv and *.csv.gz below it.

A row that is not right is rejected and counted by reason; --rejects lists them all. A file
that is no such table, or whose values are no measurements, is refused as a whole: nothing of
it is stored, the others are, and the exit code is 1. Running it again changes nothing.)";

struct IngestArguments {
  std::vector<std::filesystem::path> paths;
  std::filesystem::path rejects;
  std::filesystem::path sources;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  bool json = false;
  bool dry_run = false;
};

// What the store gathers for each file that is being read, 64 bytes a row, takes 32 MB in all.
std::size_t RowsOfAThread(const IngestArguments& arguments) {
  constexpr std::size_t kRowsOfAll = 1 << 19;
  return kRowsOfAll / static_cast<std::size_t>(arguments.threads);
}

store::SqliteOptions StoreOptions(const IngestArguments& arguments) {
  store::SqliteOptions options;
  options.write_buffer_rows = RowsOfAThread(arguments);
  // A file with more rows than that keeps the database to itself while the rest of it is read, and
  // the others wait for as long as that may take.
  options.write_wait = std::chrono::minutes(10);
  return options;
}

ProgressSample Sample(const ingest::IngestProgress& progress, std::size_t files,
                      std::uint64_t bytes, std::chrono::steady_clock::time_point start) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const std::uint64_t rows = progress.rows;
  const double per_second = took.count() > 0 ? static_cast<double>(rows) / took.count() : 0;
  ProgressSample sample;
  const auto done = static_cast<double>(progress.bytes_done.load());
  sample.fraction = bytes > 0 ? done / static_cast<double>(bytes) : 1.0;
  sample.text = fmt::format("{} rows, {} rows/s, {}/{} files", WithThousands(rows),
                            WithThousands(static_cast<std::uint64_t>(per_second)),
                            progress.files_done, files);
  return sample;
}

base::Result<ingest::IngestReport> RunWithSink(const IngestArguments& arguments,
                                               const std::vector<ingest::DataFile>& files,
                                               ingest::ObservationSink& sink) {
  GC_ASSIGN_OR_RETURN(const std::vector<ingest::SourceDescription> sources,
                      arguments.sources.empty() ? ingest::BuiltInSources()
                                                : ingest::LoadSources(arguments.sources));
  ingest::IngestOptions options;
  options.threads = arguments.threads;
  options.largest_in_group = RowsOfAThread(arguments) - 1;
  options.group_observations = std::min(options.group_observations, options.largest_in_group);
  std::uint64_t bytes = 0;
  for (const ingest::DataFile& file : files) bytes += file.bytes;
  ingest::IngestProgress progress;
  const auto start = std::chrono::steady_clock::now();
  const Progress shown("ingest", StyleFor(stderr), [&progress, &files, bytes, start] {
    return Sample(progress, files.size(), bytes, start);
  });
  return ingest::IngestFiles(files, sources, sink, options, progress);
}

// The paths as they were given.
std::string SubjectOf(const IngestArguments& arguments) {
  std::string subject;
  for (const std::filesystem::path& path : arguments.paths) {
    subject += (subject.empty() ? "" : " ") + path.string();
  }
  return subject;
}

base::Result<ingest::IngestReport> Ingest(const IngestArguments& arguments,
                                          const GlobalOptions& options) {
  GC_ASSIGN_OR_RETURN(const std::vector<ingest::DataFile> files,
                      ingest::FindDataFiles(arguments.paths));
  std::unique_ptr<RejectsFile> rejects;
  if (!arguments.rejects.empty()) {
    GC_ASSIGN_OR_RETURN(rejects, RejectsFile::Create(arguments.rejects));
  }
  base::Result<ingest::IngestReport> report = base::Internal("nothing was ingested");
  if (arguments.dry_run) {
    DrySink sink(rejects.get());
    report = RunWithSink(arguments, files, sink);
  } else {
    const base::SystemClock clock;
    GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
    GC_ASSIGN_OR_RETURN(const Stores stores,
                        OpenStores(settings, options.data_dir, clock, {}, StoreOptions(arguments)));
    StoreSink sink(*stores.observations, rejects.get());
    access::AuditLog audit(*stores.audit, clock);
    access::AuditEntry entry = EntryOf("observations.ingest", SubjectOf(arguments));
    GC_RETURN_IF_ERROR(access::Audited(&audit, entry, [&]() -> base::Result<void> {
      report = RunWithSink(arguments, files, sink);
      if (!report.ok()) return report.error();
      entry.to = fmt::format("{} new, {} replaced, {} unchanged of {} files, {} refused",
                             report->stored.observations_new, report->stored.observations_replaced,
                             report->stored.observations_unchanged, report->files.size(),
                             report->refused_files);
      return {};
    }));
  }
  if (rejects != nullptr) GC_RETURN_IF_ERROR(rejects->Close());
  return report;
}

int RunIngest(const IngestArguments& arguments, const GlobalOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const base::Result<ingest::IngestReport> report = Ingest(arguments, options);
  if (!report.ok()) {
    std::cerr << "geoclimate ingest: " << report.error().ToString() << '\n';
    return kExitFailure;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  for (const ingest::FileReport& file : report->files) {
    if (!file.refused) continue;
    std::cerr << "geoclimate ingest: refused " << file.origin << ": " << file.refused->ToString()
              << '\n';
  }
  std::cout << (arguments.json ? RenderIngestJson(*report, took) : RenderIngestText(*report, took))
            << std::flush;
  return report->refused_files == 0 ? kExitOk : kExitFailure;
}

}  // namespace

void AddIngestVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<IngestArguments>();
  CLI::App* verb = app.add_subcommand("ingest", "Read files of measurements into the database");
  verb->add_option("path", arguments->paths, "Files or folders")->required();
  verb->add_option("--rejects", arguments->rejects,
                   "Write the rows that were not taken to this file, as CSV");
  verb->add_option("--sources", arguments->sources,
                   "Folder of column maps, in place of the built-in ones")
      ->check(CLI::ExistingDirectory);
  verb->add_option("--threads", arguments->threads, "Files that are read side by side")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  verb->add_flag("--dry-run", arguments->dry_run, "Read and check, but store nothing");
  verb->add_flag("--json", arguments->json, "One JSON object on stdout at the end");
  verb->footer(kFooter);
  verb->callback([arguments, &options, &exit_code] { exit_code = RunIngest(*arguments, options); });
}

}  // namespace geoclimate::app
