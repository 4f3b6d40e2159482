#pragma once

#include <memory>

#include "geoclimate/access/file_watch.h"
#include "geoclimate/access/tls_files.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/server/http/tls_stream.h"

struct ssl_ctx_st;

namespace geoclimate::server::http {

// The certificate of a server and whom it asks for one: TLS 1.2 and 1.3. When the files change the
// new ones count for new connections; while they are wrong, or do not fit each other yet, the last
// that were right go on to count.
//
// Thread-safe.
class TlsContext {
 public:
  // kInvalidArgument naming the file that is not what it should be, or a key that is not the
  // certificate's; errors of reading.
  static base::Result<std::unique_ptr<TlsContext>> Open(const access::TlsFiles& files);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext() = default;

  // For a connection that was accepted on `socket`, which outlives the stream.
  std::unique_ptr<TlsStream> Accept(int socket) EXCLUDES(mutex_);
  // Looks at the files now, not within seconds.
  base::Result<void> Refresh() { return watch_->Look(); }

 private:
  explicit TlsContext(access::TlsFiles files) : files_(std::move(files)) {}
  base::Result<void> Read() EXCLUDES(mutex_);

  const access::TlsFiles files_;
  base::Mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_ GUARDED_BY(mutex_);
  std::unique_ptr<access::FileWatch> watch_;  // first to go
};

}  // namespace geoclimate::server::http
