#pragma once

#include <string_view>

#include "geoclimate/base/error.h"
#include "geoclimate/http_client/request.h"

namespace geoclimate::blob {

// What an answer without success (a status from 300) says, as an error of its class, with S3's own
// code, message and request id:
//   kUnavailable         an answer that may be another next time: 5xx, 429, a conflict with a write
//                        that is under way
//   kNotFound            there is no such object or upload
//   kAborted             a condition (If-Match, If-None-Match) did not hold
//   kUnauthenticated     credentials that have expired or are unknown: others may be taken
//   kPermissionDenied    the signature is wrong, or the credentials may not do it
//   kDataLoss            the bytes did not arrive as they were signed
//   kResourceExhausted   no room
//   kOutOfRange          the object has no such range of bytes
//   kFailedPrecondition  the bucket does not exist or is elsewhere, the clock is wrong, a key is a
//                        folder of others
//   kInternal            anything else: a request that S3 does not take
base::ErrorCode S3ErrorCodeOf(int status, std::string_view s3_code);
base::Error S3ErrorOf(const http_client::Answer& answer, std::string_view what);

}  // namespace geoclimate::blob
