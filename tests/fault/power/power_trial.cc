#include "tests/fault/power/power_trial.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "geoclimate/store/sqlite/connection.h"
#include "tests/fault/power/platform.h"
#include "tests/fault/power/virtual_vfs.h"

namespace geoclimate::fault {
namespace {

constexpr int kMostEvents = 4;
constexpr int kMostActs = 60;  // of a process
constexpr int kLastActs = 6;
const base::Timestamp kStart = base::DayStart(base::MakeDay(2020, 5, 1), std::chrono::hours(0));

using Ledgers = std::vector<std::unique_ptr<Ledger>>;

// An installation and what was acknowledged of it.
struct Installation {
  VirtualDisk disk;
  Ledgers ledgers = EveryLedger();
  base::Timestamp now = kStart;
};

class Trial {
 public:
  Trial(Installation installation, const TrialOptions& options)
      : lie_(options.lie),
        random_(options.seed),
        disk_(std::move(installation.disk)),
        ledgers_(std::move(installation.ledgers)),
        clock_(installation.now),
        files_(disk_, lie_),
        vfs_(disk_, options.seed, lie_) {}

  TrialReport Run() {
    const int events = 1 + static_cast<int>(random_() % kMostEvents);
    for (int event = 0; event < events && report_.losses.empty(); ++event) {
      disk_.CutAfter(DrawChanges());
      RunUntilDead();
      disk_.CutAfter(0);
      if (random_() % 4 == 0) {
        disk_.Restart();
        Happened(After::kKill);
      } else {
        disk_.FailPower(random_);
        Happened(After::kPowerCut);
      }
    }
    if (report_.losses.empty()) RunUndisturbed(kLastActs);
    return std::move(report_);
  }

  // Uses a new installation for a while and gives it.
  Installation Use(int acts) {
    RunUndisturbed(acts);
    GC_CHECK(report_.losses.empty(), "nothing is lost without a cut");
    return {std::move(disk_), std::move(ledgers_), clock_.Now()};
  }

 private:
  // Some die soon, while they open; some do much before.
  std::uint64_t DrawChanges() {
    static constexpr std::uint64_t kMost[] = {12, 60, 150, 400};
    return 1 + random_() % kMost[random_() % std::size(kMost)];
  }

  void Happened(After what) {
    after_ = what;
    ++(what == After::kKill ? report_.kills : report_.power_cuts);
    ++events_;
  }

  void Lose(const std::string& what) {
    report_.losses.push_back(fmt::format("after event {}, a {}: {}", events_,
                                         after_ == After::kKill ? "kill" : "power cut", what));
  }

  std::unique_ptr<Platform> Open() {
    auto opened = Platform::Open(files_, clock_);
    if (opened.ok()) return *std::move(opened);
    if (!disk_.is_dead()) Lose("it does not open: " + opened.error().ToString());
    return nullptr;
  }

  // Whether all is there and the process still lives.
  bool Look(Platform& platform) {
    for (const std::unique_ptr<Ledger>& ledger : ledgers_) {
      const base::Result<Losses> losses = ledger->Look(platform);
      if (disk_.is_dead()) return false;
      if (!losses.ok()) {
        Lose(losses.error().ToString());
      } else {
        for (const std::string& loss : *losses) Lose(loss);
      }
    }
    if (!report_.losses.empty()) return false;
    if (after_ == After::kPowerCut) {
      for (const std::unique_ptr<Ledger>& ledger : ledgers_) ledger->Settle();
    }
    return true;
  }

  // False: it failed.
  bool Act(Platform& platform) {
    clock_.Advance(std::chrono::seconds(1));
    // Who heard nothing tries again, soon.
    if (acts_++ != 0 || random_() % 2 == 0) last_ = random_() % ledgers_.size();
    const base::Result<void> done = ledgers_[last_]->Act(platform, random_);
    if (done.ok()) {
      ++report_.acknowledged;
    } else if (!disk_.is_dead()) {
      Lose("a change fails: " + done.error().ToString());
    }
    return done.ok();
  }

  void RunUntilDead() {
    const std::unique_ptr<Platform> platform = Open();
    if (platform == nullptr || !Look(*platform)) {
      ++report_.died_while_open;
      return;
    }
    for (acts_ = 0; acts_ < kMostActs && Act(*platform);) {
    }
    // What its destructors do fails too.
    disk_.CutAfter(0);
  }

  void CheckDatabase() {
    const auto connection = store::sqlite::Connection::Open(Platform::kDatabase, {});
    if (!connection.ok()) return Lose(connection.error().ToString());
    for (const char* sql :
         {"SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
          "SELECT count(*) FROM pragma_foreign_key_check"}) {
      const auto faults = (*connection)->ReadNumber(sql, "check");
      if (!faults.ok()) {
        Lose(faults.error().ToString());
      } else if (*faults != 0) {
        Lose(fmt::format("{} faults of the database", *faults));
      }
    }
  }

  void RunUndisturbed(int acts) {
    const std::unique_ptr<Platform> platform = Open();
    if (platform == nullptr || !Look(*platform)) return;
    CheckDatabase();
    for (int act = 0; act < acts && Act(*platform); ++act) {
    }
    if (report_.losses.empty()) Look(*platform);
    CheckDatabase();
  }

  const Lie lie_;
  Random random_;
  VirtualDisk disk_;
  Ledgers ledgers_;
  base::FakeClock clock_;
  VirtualFileSystem files_;
  VirtualVfs vfs_;
  TrialReport report_;
  After after_ = After::kKill;
  int events_ = 0;
  int acts_ = 0;          // of the process
  std::size_t last_ = 0;  // the ledger that acted last
};

// Made once: most trials begin with it.
const Installation& UsedInstallation() {
  static const Installation used = [] {
    Trial trial({}, {.seed = 20'201'231, .lie = Lie::kNone});
    return trial.Use(80);
  }();
  return used;
}

Installation Copy(const Installation& original) {
  Installation copy{.disk = original.disk.Clone(), .ledgers = {}, .now = original.now};
  for (const std::unique_ptr<Ledger>& ledger : original.ledgers) {
    copy.ledgers.push_back(ledger->Clone());
  }
  return copy;
}

Installation NewInstallation() {
  Installation made;
  std::shared_ptr<Node> folder;
  GC_CHECK(made.disk.Make("/srv", true, &folder) == 0, "an empty disk takes a folder");
  GC_CHECK(made.disk.SyncFolder(*made.disk.Find("/")) == 0, "and keeps it");
  return made;
}

}  // namespace

TrialReport RunTrial(const TrialOptions& options) {
  const bool is_new = options.seed % 8 == 0;
  Trial trial(is_new ? NewInstallation() : Copy(UsedInstallation()), options);
  return trial.Run();
}

}  // namespace geoclimate::fault
