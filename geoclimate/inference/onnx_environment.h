#pragma once

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

// When something was thrown.
enum class OnnxPhase { kLoad, kRun };

// The error for what ONNX Runtime threw. kUnimplemented for an operator that it lacks. A graph that
// it refuses, and a request whose values or sizes an operator refuses, are kInvalidArgument; all
// else is kInternal.
base::Error FromOrt(const Ort::Exception& exception, OnnxPhase phase);

}  // namespace geoclimate::inference
