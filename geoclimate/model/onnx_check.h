#pragma once

#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::model {

struct OnnxFindings {
  bool has_classifier = false;  // a node of ai.onnx.ml whose operator is a classifier
};

// Walks every message of a serialised onnx.ModelProto that can hold a tensor or a graph: graphs,
// sub-graphs of nodes, functions, attributes. kFailedPrecondition naming the first tensor whose
// values lie in another file; kUnimplemented when they nest 96 deep; kInvalidArgument
// for bytes that are no such message. Safe on hostile input.
base::Result<OnnxFindings> CheckOnnxMessages(std::string_view model);

}  // namespace geoclimate::model
