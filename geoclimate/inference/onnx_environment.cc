#include "geoclimate/inference/onnx_environment.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/inference/onnx_message.h"

namespace geoclimate::inference {
namespace {

// Found by the program's own run path, or by the system's.
constexpr const char* kLibrary = GEOCLIMATE_ONNXRUNTIME_LIBRARY;

void Log(void* /*context*/, OrtLoggingLevel /*severity*/, const char* /*category*/,
         const char* log_id, const char* location, const char* message) {
  base::Log(base::LogLevel::kDebug, "onnxruntime", message,
            {{"session", log_id}, {"location", location}});
}

base::Result<const OrtApi*> LoadApi() {
  // The wheel's library would keep events in the user's cache folder and send them to its maker.
  // This is its only switch that is read before it begins. The program has set it in main(), where
  // there are no other threads yet; then nothing is written here.
  setenv("ORT_DISABLE_TELEMETRY", "1", 0);  // NOLINT(concurrency-mt-unsafe)
  void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = dlerror();  // NOLINT(concurrency-mt-unsafe): each thread has its own
    return base::FailedPrecondition(
        fmt::format("ONNX models need ONNX Runtime, which cannot be loaded: {}", why));
  }
  using GetApiBase = const OrtApiBase*(ORT_API_CALL*)();
  const auto get_base = reinterpret_cast<GetApiBase>(dlsym(library, "OrtGetApiBase"));
  const OrtApi* const api = get_base == nullptr ? nullptr : get_base()->GetApi(ORT_API_VERSION);
  if (api != nullptr) return api;
  return base::FailedPrecondition(
      fmt::format("{} is no ONNX Runtime with interface {}", kLibrary, ORT_API_VERSION));
}

base::Result<const Ort::Env*> Open() {
  GC_ASSIGN_OR_RETURN(const OrtApi* const api, LoadApi());
  Ort::InitApi(api);
  try {
    // Never destroyed: at exit, threads may still be in it.
    const auto* const environment =
        new Ort::Env(ORT_LOGGING_LEVEL_WARNING, "geoclimate", Log, nullptr);
    return environment;
  } catch (const Ort::Exception& exception) {
    return base::Internal(fmt::format("ONNX Runtime could not start: {}", exception.what()));
  }
}

base::ErrorCode CodeOf(OrtErrorCode code, OnnxPhase phase) {
  switch (code) {
    case ORT_FAIL:  // what most checks of operators and of the loader say
    case ORT_INVALID_ARGUMENT:
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH:
      return base::ErrorCode::kInvalidArgument;
    case ORT_NOT_IMPLEMENTED:
      return base::ErrorCode::kUnimplemented;
    case ORT_RUNTIME_EXCEPTION:  // folding constants runs operators too
      return phase == OnnxPhase::kLoad ? base::ErrorCode::kInvalidArgument
                                       : base::ErrorCode::kInternal;
    default:
      return base::ErrorCode::kInternal;
  }
}

}  // namespace

base::Result<const Ort::Env*> OpenOnnxRuntime() {
  // The library allows one environment a process, so the process has one; no other file sees it but
  // through this function, and nothing about it can be set.
  static const base::Result<const Ort::Env*> environment = Open();
  return environment;
}

base::Error FromOrt(const Ort::Exception& exception, OnnxPhase phase) {
  return {CodeOf(exception.GetOrtErrorCode(), phase),
          fmt::format("ONNX Runtime could not {} the graph: {}",
                      phase == OnnxPhase::kLoad ? "load" : "run",
                      WithoutSourcePlaces(exception.what()))};
}

}  // namespace geoclimate::inference
