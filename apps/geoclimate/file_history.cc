#include "apps/geoclimate/file_history.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "apps/geoclimate/ingest_sinks.h"
#include "apps/geoclimate/progress.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/ingest/file_finder.h"
#include "geoclimate/ingest/ingest_files.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::app {
namespace {

// A folder of its own, gone with the object.
class ScratchFolder {
 public:
  static base::Result<std::unique_ptr<ScratchFolder>> Make(const std::filesystem::path& below) {
    std::error_code error;
    std::filesystem::create_directories(below, error);
    std::string path = (below / "geoclimate-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) {
      return base::FromErrno(errno, "make a folder in " + below.string());
    }
    return std::unique_ptr<ScratchFolder>(new ScratchFolder(path));
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

ProgressSample Sample(const ingest::IngestProgress& progress, std::size_t files,
                      std::uint64_t bytes) {
  ProgressSample sample;
  const auto done = static_cast<double>(progress.bytes_done.load());
  sample.fraction = bytes > 0 ? done / static_cast<double>(bytes) : 1.0;
  sample.text = fmt::format("{} rows, {}/{} files", WithThousands(progress.rows),
                            progress.files_done.load(), files);
  return sample;
}

base::Result<ingest::IngestReport> Fill(store::ObservationStore& store,
                                        const FileHistoryOptions& options) {
  GC_ASSIGN_OR_RETURN(const std::vector<ingest::DataFile> files,
                      ingest::FindDataFiles(options.paths));
  GC_ASSIGN_OR_RETURN(const std::vector<ingest::SourceDescription> sources,
                      ingest::BuiltInSources());
  std::uint64_t bytes = 0;
  for (const ingest::DataFile& file : files) bytes += file.bytes;
  ingest::IngestOptions ingest_options;
  ingest_options.threads = options.threads;
  ingest::IngestProgress progress;
  StoreSink sink(store, nullptr);
  const Progress shown("read", StyleFor(stderr),
                       [&] { return Sample(progress, files.size(), bytes); });
  return ingest::IngestFiles(files, sources, sink, ingest_options, progress);
}

// Reads the files into a store that lasts as long as `load`, which makes of it what is wanted.
template <typename History>
base::Result<History> Read(const FileHistoryOptions& options, std::ostream& warnings,
                           base::Result<History> (*load)(store::ObservationStore&,
                                                         const forecast::HistoryOptions&)) {
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchFolder> folder,
                      ScratchFolder::Make(options.scratch));
  const base::SystemClock clock;
  GC_ASSIGN_OR_RETURN(
      const std::unique_ptr<store::ObservationStore> store,
      store::OpenSqliteStore(folder->path() / "measurements.db", store::SqliteOptions(), clock));
  GC_ASSIGN_OR_RETURN(const ingest::IngestReport report, Fill(*store, options));
  for (const ingest::FileReport& file : report.files) {
    if (file.refused) {
      warnings << "left out " << file.origin << ": " << file.refused->ToString() << '\n';
    }
  }
  GC_ASSIGN_OR_RETURN(const std::optional<base::LocalDay> newest, store->NewestDay());
  if (!newest) return base::NotFound("the files hold no daily value");
  return load(*store, {.as_of = *newest, .from = {}, .pollutants = {}});
}

}  // namespace

base::Result<features::SiteHistory> ReadFileHistory(const FileHistoryOptions& options,
                                                    std::ostream& warnings) {
  return Read(options, warnings, &forecast::LoadSiteHistory);
}

base::Result<forecast::VintageHistory> ReadFileVintages(const FileHistoryOptions& options,
                                                        std::ostream& warnings) {
  return Read(options, warnings, &forecast::LoadVintageHistory);
}

}  // namespace geoclimate::app
