#include "geoclimate/server/http/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace geoclimate::server::http {
namespace {

// The library's own way to sockets uses write(), which a peer that has gone answers with SIGPIPE.
int SocketOf(BIO* bio) {
  return *static_cast<int*>(BIO_get_data(bio));
}

int ReadSocket(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(SocketOf(bio), into, static_cast<std::size_t>(size), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

int WriteSocket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::send(SocketOf(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

long ControlSocket(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* SocketMethod() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_read(made, ReadSocket);
    BIO_meth_set_write(made, WriteSocket);
    BIO_meth_set_ctrl(made, ControlSocket);
    return made;
  }();
  return method;
}

int Clamp(std::size_t size) {
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(size, kMost));
}

}  // namespace

void TlsStream::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsStream::TlsStream(ssl_st* ssl, int socket) : socket_(socket), ssl_(ssl) {
  BIO* const bio = BIO_new(SocketMethod());
  BIO_set_data(bio, &socket_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
}

TlsStream::~TlsStream() = default;

TlsStream::Handshake TlsStream::Shake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    established_ = true;
    return Handshake::kDone;
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Handshake::kWantsRead;
    case SSL_ERROR_WANT_WRITE:
      return Handshake::kWantsWrite;
    default:
      failed_ = true;
      ERR_clear_error();
      return Handshake::kFailed;
  }
}

// Renegotiation is off: reading never waits for the socket to take bytes, nor writing to give them.
ssize_t TlsStream::Outcome(int result) {
  if (result > 0) return result;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    default:
      failed_ = true;
      ERR_clear_error();
      errno = EIO;
      return -1;
  }
}

ssize_t TlsStream::Read(std::span<char> into) {
  ERR_clear_error();
  return Outcome(SSL_read(ssl_.get(), into.data(), Clamp(into.size())));
}

ssize_t TlsStream::Write(std::string_view bytes) {
  ERR_clear_error();
  return Outcome(SSL_write(ssl_.get(), bytes.data(), Clamp(bytes.size())));
}

bool TlsStream::has_pending() const {
  return SSL_pending(ssl_.get()) > 0;
}

void TlsStream::Close() {
  // After a failure the library must not be asked for more.
  if (!established_ || failed_) return;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace geoclimate::server::http
