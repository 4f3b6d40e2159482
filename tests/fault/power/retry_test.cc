// Who hears nothing of a change, because the process was killed in the middle of it, asks for it
// again. The next process finds it done and has nothing to write. It was killed before it had
// synced what it wrote, though, and the answer "it is so already" was lost with the power:
// observations that were posted twice, and a promotion.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "tests/fault/power/platform.h"
#include "tests/fault/power/virtual_disk.h"
#include "tests/fault/power/virtual_file_system.h"
#include "tests/fault/power/virtual_vfs.h"

namespace geoclimate::fault {
namespace {

using base::Result;

const registry::Request kRequest = {.actor = "a test", .reason = ""};

template <typename T>
Result<void> Outcome(const Result<T>& result) {
  return result.ok() ? Result<void>() : result.error();
}

class RetryTest : public ::testing::Test {
 protected:
  using Action = std::function<Result<void>(Platform&)>;
  using Question = std::function<std::string(Platform&)>;

  // An installation that `prepare` has worked on; all of it is durable.
  static VirtualDisk Prepared(const Action& prepare) {
    VirtualDisk disk;
    std::shared_ptr<Node> folder;
    GC_CHECK(disk.Make("/srv", true, &folder) == 0, "an empty disk takes a folder");
    GC_CHECK(disk.SyncFolder(*disk.Find("/")) == 0, "and keeps it");
    GC_CHECK(InProcess(disk, prepare).ok(), "nothing fails");
    return disk;
  }

  // The process ends with the disk if that dies; otherwise it is killed when it is done.
  static Result<void> InProcess(VirtualDisk& disk, const Action& action) {
    const VirtualVfs vfs(disk, 1);
    VirtualFileSystem files(disk);
    base::FakeClock clock(base::Timestamp(std::chrono::hours(446'000)));
    const auto platform = Platform::Open(files, clock);
    if (!platform.ok()) return platform.error();
    const Result<void> done = action(**platform);
    disk.CutAfter(0);
    return done;
  }

  // Dies at each change of the disk that `action` makes, one after another.
  static void ExpectKept(const VirtualDisk& prepared, const Action& action,
                         const Question& question, const std::string& expected) {
    std::uint64_t died = 0;
    for (std::uint64_t changes = 1;; ++changes) {
      SCOPED_TRACE("killed at change " + std::to_string(changes));
      VirtualDisk disk = prepared.Clone();
      disk.Restart();
      disk.CutAfter(changes);
      if (InProcess(disk, action).ok()) break;
      ++died;
      disk.Restart();
      const Result<void> again = InProcess(disk, action);
      ASSERT_TRUE(again.ok()) << again.error().ToString();
      disk.FailPowerAndLoseAll();
      std::string answer;
      const Result<void> asked = InProcess(disk, [&](Platform& platform) -> Result<void> {
        answer = question(platform);
        return {};
      });
      ASSERT_TRUE(asked.ok()) << asked.error().ToString();
      ASSERT_EQ(answer, expected);
    }
    EXPECT_GT(died, 3U);
  }
};

TEST_F(RetryTest, ObservationsThatArePostedAgain) {
  const auto post = [](Platform& platform) -> Result<void> {
    GC_ASSIGN_OR_RETURN(const auto writer, platform.stores.observations->BeginWrite("~api/1"));
    airquality::Site site;
    site.id = airquality::SiteId::FromParts(6, 37, 1103);
    airquality::Observation observation;
    observation.key.site = site.id;
    observation.key.parameter = 88101;
    observation.value = airquality::Concentration::FromDouble(12.5);
    GC_RETURN_IF_ERROR(writer->PutSites({&site, 1}));
    GC_RETURN_IF_ERROR(writer->Append({&observation, 1}, base::Timestamp()));
    return Outcome(writer->Commit());
  };
  const auto count = [](Platform& platform) {
    int rows = 0;
    const auto visited =
        platform.stores.observations->Visit({}, [&](const store::StoredObservation&) { ++rows; });
    return visited.ok() ? std::to_string(rows) : visited.error().ToString();
  };
  ExpectKept(Prepared([](Platform&) { return Result<void>(); }), post, count, "1");
}

TEST_F(RetryTest, AVersionThatIsPromotedAgain) {
  registry::NewModel model;
  model.model_name = "pm25_d1";
  model.metrics = {{"mse_skill", 0.25}};
  model.baseline = "damped_persistence";
  model.features = {{.name = "last", .unit = "ug/m3"}};
  std::string first;
  std::string second;
  const VirtualDisk prepared = Prepared([&](Platform& platform) -> Result<void> {
    for (std::string* id : {&first, &second}) {
      GC_ASSIGN_OR_RETURN(const model::ModelDescription published,
                          platform.registry->Publish(model, "artifact", kRequest));
      *id = published.model_id;
    }
    return Outcome(
        platform.registry->Promote(first, {.stage = model::Stage::kProduction}, kRequest));
  });
  const auto promote = [&](Platform& platform) {
    return Outcome(
        platform.registry->Promote(second, {.stage = model::Stage::kProduction}, kRequest));
  };
  const auto production = [](Platform& platform) {
    const auto found = platform.registry->FindProduction("pm25_d1");
    return found.ok() ? found->model_id : found.error().ToString();
  };
  ExpectKept(prepared, promote, production, second);
}

TEST_F(RetryTest, ABlobThatIsDeletedAgain) {
  const VirtualDisk prepared =
      Prepared([](Platform& platform) { return Outcome(platform.blobs->Put("notes/a", "1")); });
  const auto remove = [](Platform& platform) { return platform.blobs->Delete("notes/a"); };
  const auto content = [](Platform& platform) {
    const auto blob = platform.blobs->Get("notes/a");
    return blob.ok() ? blob->bytes : std::string(base::ErrorCodeName(blob.error().code()));
  };
  ExpectKept(prepared, remove, content, "NOT_FOUND");
}

}  // namespace
}  // namespace geoclimate::fault
