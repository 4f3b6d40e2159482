#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace geoclimate::base {

// The canonical codes of gRPC (google/rpc/code.proto), named for what a caller can do about them.
// Only kUnavailable, and kResourceExhausted with a retry-after, may be retried. Each protocol
// family has one table from code to status in server/.
enum class ErrorCode {
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// The name in gRPC's spelling, "INVALID_ARGUMENT".
std::string_view ErrorCodeName(ErrorCode code);

// A failure that a caller can act on. The message names the offending input (file, line, column,
// field, value) and never a secret. A cause is the failure underneath, kept for the log.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message);
  Error(ErrorCode code, std::string message, Error cause);

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  // Null when there is none.
  const Error* cause() const { return cause_.get(); }

  // "message: cause: cause of the cause".
  std::string ToString() const;

  // The same code, with `context` and a colon before the message.
  Error WithContext(std::string_view context) const;

 private:
  ErrorCode code_;
  std::string message_;
  std::shared_ptr<const Error> cause_;
};

Error InvalidArgument(std::string message);
Error NotFound(std::string message);
Error AlreadyExists(std::string message);
Error FailedPrecondition(std::string message);
Error OutOfRange(std::string message);
Error Unimplemented(std::string message);
Error Internal(std::string message);
Error Unavailable(std::string message);
Error DataLoss(std::string message);

// An error for the failed system call that left `error_number` in errno: "open /a/b: No such file
// or directory". ENOENT is kNotFound, EEXIST kAlreadyExists, EACCES and EPERM kPermissionDenied,
// ENOSPC kResourceExhausted; all else kInternal.
Error FromErrno(int error_number, std::string_view what);

}  // namespace geoclimate::base
