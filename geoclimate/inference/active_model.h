#pragma once

#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/inference/snapshot_cell.h"

namespace geoclimate::inference {

// The served version of one model: swapped off the request path, read without a lock.
using ActiveModel = SnapshotCell<LoadedModel>;

}  // namespace geoclimate::inference
