#pragma once

// Under tsan protobuf's header gives its map fields two members more, which the library of the
// system, built without tsan, knows nothing of. Included before everything else, this gives them
// the layout that the library has. libstdc++ has to see the macro first, since it makes its own
// choices by it.
#include <memory>

#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")
