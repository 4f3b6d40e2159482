#include "geoclimate/base/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace geoclimate::base {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kCancelled:
      return "CANCELLED";
    case ErrorCode::kUnknown:
      return "UNKNOWN";
    case ErrorCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case ErrorCode::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case ErrorCode::kNotFound:
      return "NOT_FOUND";
    case ErrorCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case ErrorCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    case ErrorCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case ErrorCode::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case ErrorCode::kAborted:
      return "ABORTED";
    case ErrorCode::kOutOfRange:
      return "OUT_OF_RANGE";
    case ErrorCode::kUnimplemented:
      return "UNIMPLEMENTED";
    case ErrorCode::kInternal:
      return "INTERNAL";
    case ErrorCode::kUnavailable:
      return "UNAVAILABLE";
    case ErrorCode::kDataLoss:
      return "DATA_LOSS";
    case ErrorCode::kUnauthenticated:
      return "UNAUTHENTICATED";
  }
  return "UNKNOWN";
}

Error::Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

Error::Error(ErrorCode code, std::string message, Error cause)
    : code_(code),
      message_(std::move(message)),
      cause_(std::make_shared<const Error>(std::move(cause))) {}

std::string Error::ToString() const {
  std::string text = message_;
  for (const Error* cause = cause_.get(); cause != nullptr; cause = cause->cause()) {
    text += ": ";
    text += cause->message();
  }
  return text;
}

Error Error::WithContext(std::string_view context) const {
  Error result = *this;
  result.message_ = std::string(context) + ": " + message_;
  return result;
}

Error InvalidArgument(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}
Error NotFound(std::string message) {
  return {ErrorCode::kNotFound, std::move(message)};
}
Error AlreadyExists(std::string message) {
  return {ErrorCode::kAlreadyExists, std::move(message)};
}
Error FailedPrecondition(std::string message) {
  return {ErrorCode::kFailedPrecondition, std::move(message)};
}
Error OutOfRange(std::string message) {
  return {ErrorCode::kOutOfRange, std::move(message)};
}
Error Unimplemented(std::string message) {
  return {ErrorCode::kUnimplemented, std::move(message)};
}
Error Internal(std::string message) {
  return {ErrorCode::kInternal, std::move(message)};
}
Error Unavailable(std::string message) {
  return {ErrorCode::kUnavailable, std::move(message)};
}
Error DataLoss(std::string message) {
  return {ErrorCode::kDataLoss, std::move(message)};
}

Error FromErrno(int error_number, std::string_view what) {
  const ErrorCode code = [error_number] {
    switch (error_number) {
      case ENOENT:
        return ErrorCode::kNotFound;
      case EEXIST:
        return ErrorCode::kAlreadyExists;
      case EACCES:
      case EPERM:
        return ErrorCode::kPermissionDenied;
      case ENOSPC:
        return ErrorCode::kResourceExhausted;
      default:
        return ErrorCode::kInternal;
    }
  }();
  return {code, std::string(what) + ": " + std::generic_category().message(error_number)};
}

}  // namespace geoclimate::base
