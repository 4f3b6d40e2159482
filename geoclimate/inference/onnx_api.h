#pragma once

// ONNX Runtime's C++ interface over a table of functions that OpenOnnxRuntime() fills in: nothing
// of it may be called before. It throws Ort::Exception; only onnx_*.cc include this header, and
// none lets one out.
#define ORT_API_MANUAL_INIT
#include <onnxruntime/onnxruntime_cxx_api.h>
