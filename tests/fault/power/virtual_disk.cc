#include "tests/fault/power/virtual_disk.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace geoclimate::fault {
namespace {

constexpr std::uint64_t kSector = 512;

using NodePointer = std::shared_ptr<Node>;

void Overwrite(std::string& into, std::uint64_t offset, std::string_view bytes) {
  if (into.size() < offset + bytes.size()) into.resize(offset + bytes.size(), '\0');
  into.replace(offset, bytes.size(), bytes);
}

void MakeDurable(Node& file) {
  for (const Node::Change& change : file.unsynced) {
    if (change.truncates) {
      file.durable.resize(change.offset, '\0');
    } else {
      Overwrite(file.durable, change.offset, change.bytes);
    }
  }
  file.unsynced.clear();
}

bool Draw(Random& random, double probability) {
  return static_cast<double>(random() % 1'000'000) < probability * 1'000'000;
}

void TearWrite(std::string& durable, const Node::Change& change, Random& random) {
  std::uint64_t at = 0;
  while (at < change.bytes.size()) {
    const std::uint64_t end =
        std::min<std::uint64_t>(change.bytes.size(), at + kSector - (change.offset + at) % kSector);
    if (Draw(random, 0.5)) {
      Overwrite(durable, change.offset + at, std::string_view(change.bytes).substr(at, end - at));
    }
    at = end;
  }
}

NodePointer Copy(const NodePointer& node, std::map<const Node*, NodePointer>& copies) {
  NodePointer& made = copies[node.get()];
  if (made != nullptr) return made;
  made = std::make_shared<Node>();
  made->is_folder = node->is_folder;
  made->bytes = node->bytes;
  made->durable = node->durable;
  made->unsynced = node->unsynced;
  made->names = node->names;
  for (const auto& [name, entry] : node->entries) made->entries[name] = Copy(entry, copies);
  for (const auto& [name, entry] : node->durable_entries) {
    made->durable_entries[name] = Copy(entry, copies);
  }
  return made;
}

void ForgetNames(Node& node) {
  node.names = 0;
  for (const auto& [name, entry] : node.durable_entries) ForgetNames(*entry);
}

void ForgetLocks(Node& node) {
  node.lock_holder = nullptr;
  for (const auto& [name, entry] : node.entries) ForgetLocks(*entry);
}

}  // namespace

// Each cut draws one.
struct VirtualDisk::Weather {
  double kept;       // the probability that a change is kept
  double torn;       // that a write which is not is kept in part
  double long_only;  // that of a write which is neither, the new length is kept
};

VirtualDisk::Weather VirtualDisk::DrawWeather(Random& random) {
  static constexpr Weather kWeathers[] = {{0, 0, 0.25},     {0, 1, 0},        {0.2, 0.3, 0.25},
                                          {0.5, 0.5, 0.25}, {0.9, 0.5, 0.25}, {1, 0, 0}};
  return kWeathers[random() % std::size(kWeathers)];
}

void VirtualDisk::KeepSomeBytes(Node& file, const Weather& weather, Random& random) {
  for (const Node::Change& change : file.unsynced) {
    const bool kept = Draw(random, weather.kept);
    if (change.truncates) {
      if (kept) file.durable.resize(change.offset, '\0');
      continue;
    }
    if (kept) {
      Overwrite(file.durable, change.offset, change.bytes);
    } else if (Draw(random, weather.torn)) {
      TearWrite(file.durable, change, random);
    } else if (Draw(random, weather.long_only)) {
      // The length came to the platter without the bytes.
      const std::uint64_t length = change.offset + change.bytes.size();
      if (file.durable.size() < length) file.durable.resize(length, '\0');
    }
  }
  file.unsynced.clear();
}

// What the platter has becomes what is seen.
void VirtualDisk::ShowDurable(Node& node, const Weather& weather, Random& random) {
  if (!node.is_folder) {
    // A file with two names is met twice; the second time nothing is pending any more.
    KeepSomeBytes(node, weather, random);
    node.bytes = node.durable;
    return;
  }
  node.entries = node.durable_entries;
  for (const auto& [name, entry] : node.entries) {
    ++entry->names;
    ShowDurable(*entry, weather, random);
  }
}

VirtualDisk::VirtualDisk() : root_(std::make_shared<Node>()) {
  root_->is_folder = true;
}

VirtualDisk VirtualDisk::Clone() const {
  std::map<const Node*, NodePointer> copies;
  VirtualDisk disk;
  disk.root_ = Copy(root_, copies);
  for (const EntryChange& change : unsynced_entries_) {
    EntryChange& copy = disk.unsynced_entries_.emplace_back();
    for (const Effect& effect : change) {
      copy.push_back({Copy(effect.folder, copies), effect.name,
                      effect.node == nullptr ? nullptr : Copy(effect.node, copies)});
    }
  }
  ForgetLocks(*disk.root_);
  return disk;
}

void VirtualDisk::Restart() {
  changes_left_ = kNever;
  ++process_;
  ForgetLocks(*root_);
}

void VirtualDisk::FailPower(Random& random) {
  const Weather weather = DrawWeather(random);
  KeepSome(weather, random);
  Restart();
}

void VirtualDisk::FailPowerAndLoseAll() {
  Random unused;
  KeepSome({.kept = 0, .torn = 0, .long_only = 0}, unused);
  Restart();
}

void VirtualDisk::KeepSome(const Weather& weather, Random& random) {
  // What of them is kept comes in their order, so that a name ends with one of the files that it
  // had since it was last synced.
  for (const EntryChange& change : unsynced_entries_) {
    if (!Draw(random, weather.kept)) continue;
    for (const Effect& effect : change) Commit(effect);
  }
  unsynced_entries_.clear();
  ForgetNames(*root_);
  ShowDurable(*root_, weather, random);
}

void VirtualDisk::Commit(const Effect& effect) {
  if (effect.node == nullptr) {
    effect.folder->durable_entries.erase(effect.name);
  } else {
    effect.folder->durable_entries[effect.name] = effect.node;
  }
}

bool VirtualDisk::Begin() {
  if (is_dead()) return false;
  ++changes_;
  if (changes_left_ != kNever) --changes_left_;
  return true;
}

// The change in whose middle the process died is pending, and it does not hear of it.
int VirtualDisk::End() const {
  return is_dead() ? EIO : 0;
}

std::shared_ptr<Node> VirtualDisk::Find(const std::filesystem::path& path) const {
  NodePointer node = root_;
  for (const std::filesystem::path& part : path.relative_path()) {
    if (part.empty() || part == ".") continue;
    if (!node->is_folder) return nullptr;
    const auto found = node->entries.find(part.string());
    if (found == node->entries.end()) return nullptr;
    node = found->second;
  }
  return node;
}

int VirtualDisk::PlaceOf(const std::filesystem::path& path, Place* place) const {
  place->folder = Find(path.parent_path());
  place->name = path.filename().string();
  if (place->folder == nullptr) return ENOENT;
  return place->folder->is_folder ? 0 : ENOTDIR;
}

void VirtualDisk::Apply(EntryChange change) {
  for (const Effect& effect : change) {
    NodePointer& entry = effect.folder->entries[effect.name];
    if (entry != nullptr) --entry->names;
    entry = effect.node;
    if (entry != nullptr) {
      ++entry->names;
    } else {
      effect.folder->entries.erase(effect.name);
    }
  }
  unsynced_entries_.push_back(std::move(change));
}

int VirtualDisk::Make(const std::filesystem::path& path, bool is_folder, NodePointer* made) {
  Place place;
  if (is_dead()) return EIO;
  if (const int error = PlaceOf(path, &place); error != 0) return error;
  if (place.name.empty() || place.folder->entries.contains(place.name)) return EEXIST;
  Begin();
  *made = std::make_shared<Node>();
  (*made)->is_folder = is_folder;
  Apply({{place.folder, place.name, *made}});
  return End();
}

int VirtualDisk::Rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  Place source;
  Place target;
  if (is_dead()) return EIO;
  if (const int error = PlaceOf(from, &source); error != 0) return error;
  if (const int error = PlaceOf(to, &target); error != 0) return error;
  const auto found = source.folder->entries.find(source.name);
  if (found == source.folder->entries.end()) return ENOENT;
  const auto replaced = target.folder->entries.find(target.name);
  if (replaced != target.folder->entries.end() && replaced->second->is_folder) return EISDIR;
  Begin();
  const NodePointer node = found->second;
  Apply({{target.folder, target.name, node}, {source.folder, source.name, nullptr}});
  return End();
}

int VirtualDisk::Link(const std::filesystem::path& from, const std::filesystem::path& to) {
  Place target;
  if (is_dead()) return EIO;
  const NodePointer node = Find(from);
  if (node == nullptr) return ENOENT;
  if (const int error = PlaceOf(to, &target); error != 0) return error;
  if (target.folder->entries.contains(target.name)) return EEXIST;
  Begin();
  Apply({{target.folder, target.name, node}});
  return End();
}

int VirtualDisk::Remove(const std::filesystem::path& path) {
  Place place;
  if (is_dead()) return EIO;
  if (const int error = PlaceOf(path, &place); error != 0) return error;
  const auto found = place.folder->entries.find(place.name);
  if (found == place.folder->entries.end()) return ENOENT;
  if (found->second->is_folder) return EISDIR;
  Begin();
  Apply({{place.folder, place.name, nullptr}});
  return End();
}

int VirtualDisk::Write(Node& file, std::uint64_t offset, std::string_view bytes) {
  if (!Begin()) return EIO;
  Overwrite(file.bytes, offset, bytes);
  file.unsynced.push_back({offset, std::string(bytes), false});
  return End();
}

int VirtualDisk::Truncate(Node& file, std::uint64_t length) {
  if (!Begin()) return EIO;
  file.bytes.resize(length, '\0');
  file.unsynced.push_back({length, {}, true});
  return End();
}

int VirtualDisk::SyncFile(Node& file) {
  if (!Begin()) return EIO;
  if (is_dead()) return EIO;
  MakeDurable(file);
  return 0;
}

int VirtualDisk::SyncFolder(Node& folder) {
  if (!Begin()) return EIO;
  if (is_dead()) return EIO;
  const auto below = [&](const Effect& effect) { return effect.folder.get() == &folder; };
  for (auto change = unsynced_entries_.begin(); change != unsynced_entries_.end(); ++change) {
    // An old name that stays beside the new one may be in another folder; a new one that was lost
    // where the old one is gone would be a lost file.
    const bool removes = std::ranges::any_of(
        *change, [&](const Effect& effect) { return below(effect) && effect.node == nullptr; });
    std::erase_if(*change, [&](const Effect& effect) {
      if (!below(effect) && !removes) return false;
      Commit(effect);
      // What was pending before it for the name is overtaken.
      for (auto earlier = unsynced_entries_.begin(); earlier != change; ++earlier) {
        std::erase_if(*earlier, [&](const Effect& other) {
          return other.folder == effect.folder && other.name == effect.name;
        });
      }
      return true;
    });
  }
  std::erase_if(unsynced_entries_, [](const EntryChange& change) { return change.empty(); });
  return 0;
}

}  // namespace geoclimate::fault
