#include "tests/fault/power/virtual_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/base/check.h"

namespace geoclimate::fault {
namespace {

struct OpenFile;

// What the connections to one database share besides its bytes.
struct Shared {
  // The locks of rollback journals; sqlite.org/lockingv3.html.
  int readers = 0;
  const OpenFile* reserved = nullptr;
  const OpenFile* exclusive = nullptr;
  // The index of the log; sqlite.org/walformat.html.
  std::vector<std::unique_ptr<char[]>> regions;
  struct Slot {
    int readers = 0;
    const OpenFile* writer = nullptr;
  };
  std::array<Slot, SQLITE_SHM_NLOCK> slots;
  int connections = 0;
};

// What a VFS knows. SQLite hands it around as pAppData.
struct World {
  VirtualDisk& disk;
  Lie lie;
  Random random;
  std::map<const Node*, Shared> shared;
};

struct OpenFile : sqlite3_file {
  World* world = nullptr;
  std::shared_ptr<Node> node;
  std::shared_ptr<Node> folder_to_sync;  // with the first sync of a new journal
  std::filesystem::path path;
  bool is_removed_at_close = false;
  int lock = SQLITE_LOCK_NONE;
  bool has_index = false;
  unsigned index_read = 0;  // bits of the slots that it holds
  unsigned index_written = 0;

  Shared& shared() const { return world->shared[node.get()]; }
};

OpenFile& Of(sqlite3_file* file) {
  return *static_cast<OpenFile*>(file);
}

World& Of(sqlite3_vfs* vfs) {
  return *static_cast<World*>(vfs->pAppData);
}

int Unlock(sqlite3_file* file, int level);
int UnmapIndex(sqlite3_file* file, int deletes);

int Close(sqlite3_file* file) {
  OpenFile& open = Of(file);
  UnmapIndex(file, 0);
  Unlock(file, SQLITE_LOCK_NONE);
  if (open.is_removed_at_close) static_cast<void>(open.world->disk.Remove(open.path));
  open.~OpenFile();
  return SQLITE_OK;
}

int Read(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
  const OpenFile& open = Of(file);
  if (open.world->disk.is_dead()) return SQLITE_IOERR_READ;
  const std::string& bytes = open.node->bytes;
  const auto from = std::min(static_cast<std::size_t>(offset), bytes.size());
  const std::size_t have = std::min(static_cast<std::size_t>(amount), bytes.size() - from);
  std::memcpy(into, bytes.data() + from, have);
  if (have == static_cast<std::size_t>(amount)) return SQLITE_OK;
  std::memset(static_cast<char*>(into) + have, 0, static_cast<std::size_t>(amount) - have);
  return SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 offset) {
  const OpenFile& open = Of(file);
  const std::string_view written(static_cast<const char*>(bytes), static_cast<std::size_t>(amount));
  const int error = open.world->disk.Write(*open.node, static_cast<std::uint64_t>(offset), written);
  return error == 0 ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const OpenFile& open = Of(file);
  const int error = open.world->disk.Truncate(*open.node, static_cast<std::uint64_t>(size));
  return error == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int Sync(sqlite3_file* file, int) {
  OpenFile& open = Of(file);
  VirtualDisk& disk = open.world->disk;
  if (open.world->lie == Lie::kDatabaseSync) return SQLITE_OK;
  if (disk.SyncFile(*open.node) != 0) return SQLITE_IOERR_FSYNC;
  if (open.folder_to_sync == nullptr) return SQLITE_OK;
  if (disk.SyncFolder(*open.folder_to_sync) != 0) return SQLITE_IOERR_DIR_FSYNC;
  open.folder_to_sync = nullptr;
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  const OpenFile& open = Of(file);
  if (open.world->disk.is_dead()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(open.node->bytes.size());
  return SQLITE_OK;
}

int Lock(sqlite3_file* file, int level) {
  OpenFile& open = Of(file);
  Shared& shared = open.shared();
  if (open.lock >= level) return SQLITE_OK;
  const auto others = [&](const OpenFile* holder) { return holder != nullptr && holder != &open; };
  if (others(shared.exclusive)) return SQLITE_BUSY;
  if (level >= SQLITE_LOCK_RESERVED && others(shared.reserved)) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_EXCLUSIVE && shared.readers > 1) return SQLITE_BUSY;
  if (open.lock == SQLITE_LOCK_NONE) ++shared.readers;
  if (level >= SQLITE_LOCK_RESERVED) shared.reserved = &open;
  if (level == SQLITE_LOCK_EXCLUSIVE) shared.exclusive = &open;
  open.lock = level;
  return SQLITE_OK;
}

int Unlock(sqlite3_file* file, int level) {
  OpenFile& open = Of(file);
  if (open.lock <= level) return SQLITE_OK;
  Shared& shared = open.shared();
  if (shared.exclusive == &open) shared.exclusive = nullptr;
  if (shared.reserved == &open) shared.reserved = nullptr;
  if (level == SQLITE_LOCK_NONE) --shared.readers;
  open.lock = level;
  return SQLITE_OK;
}

int CheckReserved(sqlite3_file* file, int* reserved) {
  *reserved = Of(file).shared().reserved != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int Control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}

// What SQLite's VFS for Unix says of every disk.
int SectorSize(sqlite3_file*) {
  return 4096;
}
int Characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int MapIndex(sqlite3_file* file, int region, int size, int extend, void volatile** mapped) {
  OpenFile& open = Of(file);
  Shared& shared = open.shared();
  *mapped = nullptr;
  if (open.world->disk.is_dead()) return SQLITE_IOERR_SHMMAP;
  if (!std::exchange(open.has_index, true)) ++shared.connections;
  const auto index = static_cast<std::size_t>(region);
  if (index >= shared.regions.size() && extend == 0) return SQLITE_OK;
  while (shared.regions.size() <= index) {
    shared.regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
  }
  *mapped = shared.regions[index].get();
  return SQLITE_OK;
}

unsigned Mask(int offset, int count) {
  return ((1U << static_cast<unsigned>(count)) - 1U) << static_cast<unsigned>(offset);
}

int LockIndex(sqlite3_file* file, int offset, int count, int flags) {
  OpenFile& open = Of(file);
  Shared& shared = open.shared();
  const unsigned mask = Mask(offset, count);
  const auto slots =
      std::span(shared.slots)
          .subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    for (Shared::Slot& slot : slots) {
      if ((flags & SQLITE_SHM_SHARED) != 0) --slot.readers;
      if ((flags & SQLITE_SHM_EXCLUSIVE) != 0) slot.writer = nullptr;
    }
    ((flags & SQLITE_SHM_SHARED) != 0 ? open.index_read : open.index_written) &= ~mask;
    return SQLITE_OK;
  }
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (const Shared::Slot& slot : slots) {
    if (slot.writer != nullptr || (exclusive && slot.readers > 0)) return SQLITE_BUSY;
  }
  for (Shared::Slot& slot : slots) {
    if (exclusive) slot.writer = &open;
    if (!exclusive) ++slot.readers;
  }
  (exclusive ? open.index_written : open.index_read) |= mask;
  return SQLITE_OK;
}

void IndexBarrier(sqlite3_file*) {}

int UnmapIndex(sqlite3_file* file, int) {
  OpenFile& open = Of(file);
  if (!std::exchange(open.has_index, false)) return SQLITE_OK;
  Shared& shared = open.shared();
  for (std::size_t i = 0; i < shared.slots.size(); ++i) {
    if ((open.index_read >> i & 1U) != 0) --shared.slots[i].readers;
    if ((open.index_written >> i & 1U) != 0) shared.slots[i].writer = nullptr;
  }
  open.index_read = 0;
  open.index_written = 0;
  if (--shared.connections == 0) shared.regions.clear();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = &Close,
    .xRead = &Read,
    .xWrite = &Write,
    .xTruncate = &Truncate,
    .xSync = &Sync,
    .xFileSize = &FileSize,
    .xLock = &Lock,
    .xUnlock = &Unlock,
    .xCheckReservedLock = &CheckReserved,
    .xFileControl = &Control,
    .xSectorSize = &SectorSize,
    .xDeviceCharacteristics = &Characteristics,
    .xShmMap = &MapIndex,
    .xShmLock = &LockIndex,
    .xShmBarrier = &IndexBarrier,
    .xShmUnmap = &UnmapIndex,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

bool IsJournal(int flags) {
  return (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)) != 0;
}

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  World& world = Of(vfs);
  file->pMethods = nullptr;
  if (world.disk.is_dead()) return SQLITE_CANTOPEN;
  std::shared_ptr<Node> node;
  std::shared_ptr<Node> folder_to_sync;
  if (name == nullptr) {
    node = VirtualDisk::MakeNameless();
  } else {
    node = world.disk.Find(name);
    if (node == nullptr) {
      if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
      if (world.disk.Make(name, false, &node) != 0) return SQLITE_CANTOPEN;
    }
    if (node->is_folder) return SQLITE_CANTOPEN_ISDIR;
    if (IsJournal(flags) && (flags & SQLITE_OPEN_CREATE) != 0) {
      folder_to_sync = world.disk.Find(std::filesystem::path(name).parent_path());
    }
  }
  auto* const open = new (file) OpenFile();
  open->pMethods = &kMethods;
  open->world = &world;
  open->node = std::move(node);
  open->folder_to_sync = std::move(folder_to_sync);
  open->path = name == nullptr ? "" : name;
  open->is_removed_at_close = name != nullptr && (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int syncs_folder) {
  World& world = Of(vfs);
  const int error = world.disk.Remove(name);
  if (error == ENOENT) return SQLITE_IOERR_DELETE_NOENT;
  if (error != 0) return SQLITE_IOERR_DELETE;
  if (syncs_folder == 0 || world.lie == Lie::kDatabaseSync) return SQLITE_OK;
  const auto folder = world.disk.Find(std::filesystem::path(name).parent_path());
  return world.disk.SyncFolder(*folder) == 0 ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

int Access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  const World& world = Of(vfs);
  if (world.disk.is_dead()) return SQLITE_IOERR_ACCESS;
  const auto node = world.disk.Find(name);
  // For existence SQLite's VFS for Unix leaves out files without bytes.
  const bool counts = node != nullptr && (flags != SQLITE_ACCESS_EXISTS || !node->bytes.empty());
  *result = counts ? 1 : 0;
  return SQLITE_OK;
}

int FullPath(sqlite3_vfs*, const char* name, int size, char* into) {
  if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  sqlite3_snprintf(size, into, "%s", name);
  return SQLITE_OK;
}

int Randomness(sqlite3_vfs* vfs, int size, char* into) {
  World& world = Of(vfs);
  for (int i = 0; i < size; ++i) into[i] = static_cast<char>(world.random());
  return size;
}

int Sleep(sqlite3_vfs*, int microseconds) {
  return microseconds;
}

int CurrentTime(sqlite3_vfs*, double* julian_day) {
  *julian_day = 2'459'215.5;  // 2021-01-01
  return SQLITE_OK;
}

int LastError(sqlite3_vfs* vfs, int, char*) {
  return Of(vfs).disk.is_dead() ? EIO : 0;
}

}  // namespace

struct VirtualVfs::Registered {
  World world;
  sqlite3_vfs vfs{};
  sqlite3_vfs* before = nullptr;
};

VirtualVfs::VirtualVfs(VirtualDisk& disk, std::uint64_t seed, Lie lie)
    : registered_(new Registered{.world = {disk, lie, Random(seed), {}}}) {
  sqlite3_vfs& vfs = registered_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(OpenFile);
  vfs.mxPathname = 512;
  vfs.zName = "virtual-disk";
  vfs.pAppData = &registered_->world;
  vfs.xOpen = &Open;
  vfs.xDelete = &Delete;
  vfs.xAccess = &Access;
  vfs.xFullPathname = &FullPath;
  vfs.xRandomness = &Randomness;
  vfs.xSleep = &Sleep;
  vfs.xCurrentTime = &CurrentTime;
  vfs.xGetLastError = &LastError;
  registered_->before = sqlite3_vfs_find(nullptr);
  GC_CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK, "a VFS can be registered");
  // SQLite's generator is seeded anew, and from here.
  sqlite3_randomness(0, nullptr);
}

VirtualVfs::~VirtualVfs() {
  sqlite3_vfs_unregister(&registered_->vfs);
  sqlite3_vfs_register(registered_->before, 1);
  sqlite3_randomness(0, nullptr);
}

}  // namespace geoclimate::fault
