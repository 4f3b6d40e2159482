#pragma once

#include "geoclimate/inference/snapshot_cell.h"

namespace geoclimate::service {

// For protocols that keep a rendering of what this module serves.
template <typename T>
using SnapshotCell = inference::SnapshotCell<T>;

}  // namespace geoclimate::service
