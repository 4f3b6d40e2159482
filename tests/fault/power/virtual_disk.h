#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace geoclimate::fault {

using Random = std::mt19937_64;

// A file or folder. What a process sees of it, and what the platter has.
struct Node {
  // A change of a file's bytes that no sync has followed: a write, or a new length.
  struct Change {
    std::uint64_t offset = 0;  // where the bytes go, or the new length
    std::string bytes;
    bool truncates = false;
  };

  bool is_folder = false;
  std::string bytes;    // seen
  std::string durable;  // on the platter
  std::vector<Change> unsynced;
  std::map<std::string, std::shared_ptr<Node>> entries;  // of a folder, seen
  std::map<std::string, std::shared_ptr<Node>> durable_entries;
  int names = 0;              // seen
  const void* lock_holder{};  // of the exclusive lock; null: nobody
};

// A disk in memory that forgets what was not synced, as far as POSIX lets one.
//
// Every change is seen at once. A file's bytes become durable when it is synced, a folder's entries
// when the folder is. When the power fails, each change that is pending is kept or lost by itself,
// in any combination: a write of bytes may also be kept in part, by sectors of 512 bytes, and a
// file may have its new length with zeros in place of its bytes. A rename is never half there: the
// name has the old or the new file (the old name may stay beside it), as journaling file systems
// promise.
//
// Changes are counted. When the count that CutAfter() gave is used up, everything fails from then
// on: the process that runs on the disk has died in the middle of that change. Then
//
//   disk.Restart();            another process finds what was seen: kill -9
//   disk.FailPower(random);    or what the platter has: a power cut
//
// Not thread-safe.
class VirtualDisk {
 public:
  VirtualDisk();
  VirtualDisk(VirtualDisk&&) = default;
  VirtualDisk& operator=(VirtualDisk&&) = default;

  // The same disk, to do other things with. Nobody may have files of it open.
  VirtualDisk Clone() const;

  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  void CutAfter(std::uint64_t changes) { changes_left_ = changes; }
  bool is_dead() const { return changes_left_ == 0; }
  std::uint64_t changes() const { return changes_; }

  void Restart();
  void FailPower(Random& random);
  // Nothing is kept of what was pending.
  void FailPowerAndLoseAll();
  // Of whoever has the disk now; what an earlier process opened is closed for it.
  std::uint64_t process() const { return process_; }

  // The calls of a file system; errno values, 0 for success. EIO when the disk is dead.
  int Make(const std::filesystem::path& path, bool is_folder, std::shared_ptr<Node>* made);
  int Rename(const std::filesystem::path& from, const std::filesystem::path& to);
  int Link(const std::filesystem::path& from, const std::filesystem::path& to);
  int Remove(const std::filesystem::path& path);
  int Write(Node& file, std::uint64_t offset, std::string_view bytes);
  int Truncate(Node& file, std::uint64_t length);
  int SyncFile(Node& file);
  int SyncFolder(Node& folder);
  // Null when there is none. Never fails: the caller looks at is_dead().
  std::shared_ptr<Node> Find(const std::filesystem::path& path) const;
  // A file without a name.
  static std::shared_ptr<Node> MakeNameless() { return std::make_shared<Node>(); }

 private:
  // One name of one folder gets a file, or none.
  struct Effect {
    std::shared_ptr<Node> folder;
    std::string name;
    std::shared_ptr<Node> node;
  };
  // What happens to entries together.
  using EntryChange = std::vector<Effect>;

  struct Place {
    std::shared_ptr<Node> folder;
    std::string name;
  };
  int PlaceOf(const std::filesystem::path& path, Place* place) const;
  // Counts a change; false when the process died before it was asked for.
  bool Begin();
  int End() const;
  void Apply(EntryChange change);
  static void Commit(const Effect& effect);
  // What is kept of a change that is pending.
  struct Weather;
  static Weather DrawWeather(Random& random);
  void KeepSome(const Weather& weather, Random& random);
  static void KeepSomeBytes(Node& file, const Weather& weather, Random& random);
  static void ShowDurable(Node& node, const Weather& weather, Random& random);

  std::shared_ptr<Node> root_;
  std::vector<EntryChange> unsynced_entries_;
  std::uint64_t changes_left_ = kNever;
  std::uint64_t changes_ = 0;
  std::uint64_t process_ = 0;
};

}  // namespace geoclimate::fault
