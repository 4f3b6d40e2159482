#pragma once

#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/inference/onnx_api.h"

namespace geoclimate::inference {

// ONNX Runtime's library, loaded at the first call, and the one environment that a process may have
// of it; both stay until the process ends. It is loaded at run time so that processes which serve
// no ONNX model neither pay for it nor need it (docs/adr/0013-onnx-runtime-on-demand.md). What it
// logs goes to base::Log at debug level: what matters of it comes back as errors.
//
// kFailedPrecondition, for good, when the library cannot be loaded or is another than this program
// was built for. Thread-safe.
base::Result<const Ort::Env*> OpenOnnxRuntime();

// The error for what ONNX Runtime threw while it did `what`. A request that a graph's operators
// refuse (an index out of range) is kInvalidArgument, as broken graphs are; operators and opsets
// that it lacks are kUnimplemented; all else is kInternal.
base::Error FromOrt(const Ort::Exception& exception, std::string_view what);

}  // namespace geoclimate::inference
