#pragma once

#include <memory>

#include "tests/fault/power/virtual_disk.h"
#include "tests/fault/power/virtual_file_system.h"

namespace geoclimate::fault {

// SQLite's files on a VirtualDisk: its default VFS while this lives. It behaves as SQLite's own for
// Unix does: the same characteristics of the device, folders synced with a new journal's first sync
// and after a removal that asks for it. Shared memory and locks are those of the connections of
// this process. Time stands still, and SQLite's random numbers follow from `seed`, so that the same
// calls make the same changes.
//
// One at a time, for one thread; `disk` must outlive it, and every connection must be closed before
// it goes.
class VirtualVfs {
 public:
  VirtualVfs(VirtualDisk& disk, std::uint64_t seed, Lie lie = Lie::kNone);
  ~VirtualVfs();
  VirtualVfs(const VirtualVfs&) = delete;
  VirtualVfs& operator=(const VirtualVfs&) = delete;

 private:
  struct Registered;
  const std::unique_ptr<Registered> registered_;
};

}  // namespace geoclimate::fault
