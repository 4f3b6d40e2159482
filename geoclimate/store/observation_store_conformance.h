#pragma once

// What every ObservationStore must do, as a googletest suite over a factory:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, ObservationStoreConformance, ::testing::Values(MakePlace));
//
// where MakePlace makes a StorePlace of the implementation. Included by one source of a test
// program, which instantiates the suite for each implementation that it has.

// IWYU pragma: begin_exports
#include "geoclimate/store/observation_store_conformance_reads.h"
#include "geoclimate/store/observation_store_conformance_states.h"
#include "geoclimate/store/observation_store_conformance_writes.h"
#include "geoclimate/store/observation_store_fixture.h"
// IWYU pragma: end_exports
