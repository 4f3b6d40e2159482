#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct ssl_st;

namespace geoclimate::server::http {

// TLS over one connected socket that does not block. Not thread-safe.
class TlsStream {
 public:
  // Takes `ssl`, which is set up to accept; `socket` outlives this.
  TlsStream(ssl_st* ssl, int socket);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  enum class Handshake : std::uint8_t { kDone, kWantsRead, kWantsWrite, kFailed };
  // To be called until it is kDone, when the socket is ready.
  Handshake Shake();
  bool established() const { return established_; }

  // As recv() and send(): the bytes moved, 0 at the end of what the peer sends, or -1 with errno
  // EAGAIN when the socket is not ready and EIO for what is no TLS.
  ssize_t Read(std::span<char> into);
  ssize_t Write(std::string_view bytes);
  // More can be read without the socket being ready.
  bool has_pending() const;
  // Tells the peer that nothing more comes.
  void Close();

 private:
  ssize_t Outcome(int result);

  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  int socket_;  // what the library reads and writes through
  std::unique_ptr<ssl_st, Free> ssl_;
  bool established_ = false;
  bool failed_ = false;
};

}  // namespace geoclimate::server::http
