#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "geoclimate/redis/stream.h"

namespace geoclimate::redis {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Context = std::unique_ptr<SSL_CTX, Freed<&SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<&SSL_free>>;

// OpenSSL's last word on it; clears what it has queued for this thread.
base::Error TlsError(std::string_view what) {
  std::array<char, 256> text{};
  const unsigned long code = ERR_get_error();
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return base::Unavailable(code == 0 ? std::string(what)
                                     : fmt::format("{}: {}", what, text.data()));
}

// TLS over another stream. OpenSSL sees memory only, so that each wait has its deadline and no
// signal is raised.
class TlsStream final : public Stream {
 public:
  TlsStream(std::unique_ptr<Stream> below, Session session)
      : below_(std::move(below)), session_(std::move(session)) {}

  base::Result<void> Handshake(base::Deadline deadline) {
    while (true) {
      const int done = SSL_do_handshake(session_.get());
      const int why = SSL_get_error(session_.get(), done);
      GC_RETURN_IF_ERROR(Flush(deadline));
      if (done == 1) return {};
      if (why != SSL_ERROR_WANT_READ) return Refused();
      GC_RETURN_IF_ERROR(Fetch(deadline));
    }
  }

  base::Result<void> Write(std::string_view bytes, base::Deadline deadline) override {
    while (!bytes.empty()) {
      const int piece = static_cast<int>(std::min(bytes.size(), kPiece));
      const int done = SSL_write(session_.get(), bytes.data(), piece);
      const int why = SSL_get_error(session_.get(), done);
      GC_RETURN_IF_ERROR(Flush(deadline));
      if (done > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(done));
      } else if (why == SSL_ERROR_WANT_READ) {
        GC_RETURN_IF_ERROR(Fetch(deadline));
      } else {
        return TlsError("TLS to Redis");
      }
    }
    return {};
  }

  base::Result<std::size_t> Read(std::span<char> space, base::Deadline deadline) override {
    while (true) {
      const int most = static_cast<int>(std::min(space.size(), kPiece));
      const int done = SSL_read(session_.get(), space.data(), most);
      if (done > 0) return static_cast<std::size_t>(done);
      const int why = SSL_get_error(session_.get(), done);
      if (why == SSL_ERROR_ZERO_RETURN) return base::Unavailable("Redis closed the connection");
      if (why != SSL_ERROR_WANT_READ) return TlsError("TLS from Redis");
      GC_RETURN_IF_ERROR(Flush(deadline));
      GC_RETURN_IF_ERROR(Fetch(deadline));
    }
  }

  // A session ticket may lie on the socket of a connection that is all right: it is taken first.
  bool Quiet() const override {
    if (!below_->Quiet()) {
      char byte = 0;
      if (!Fetch(base::Deadline::At(base::Instant::min())).ok()) return false;
      const int done = SSL_peek(session_.get(), &byte, 1);
      if (done > 0 || SSL_get_error(session_.get(), done) != SSL_ERROR_WANT_READ) {
        ERR_clear_error();
        return false;
      }
    }
    return SSL_pending(session_.get()) == 0;
  }

 private:
  static constexpr std::size_t kPiece = 16384;

  base::Error Refused() const {
    const long verdict = SSL_get_verify_result(session_.get());
    if (verdict == X509_V_OK) return TlsError("TLS with Redis");
    ERR_clear_error();
    return base::Unavailable(
        fmt::format("Redis' certificate: {}", X509_verify_cert_error_string(verdict)));
  }

  // What OpenSSL wants to send.
  base::Result<void> Flush(base::Deadline deadline) const {
    std::array<char, kPiece> space;
    while (true) {
      const int size = BIO_read(SSL_get_wbio(session_.get()), space.data(), kPiece);
      if (size <= 0) return {};
      GC_RETURN_IF_ERROR(below_->Write({space.data(), static_cast<std::size_t>(size)}, deadline));
    }
  }
  base::Result<void> Fetch(base::Deadline deadline) const {
    std::array<char, kPiece> space;
    GC_ASSIGN_OR_RETURN(const std::size_t size, below_->Read(space, deadline));
    BIO_write(SSL_get_rbio(session_.get()), space.data(), static_cast<int>(size));
    return {};
  }

  std::unique_ptr<Stream> below_;
  Session session_;
};

base::Result<Session> NewSession(const Endpoint& endpoint) {
  const Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return TlsError("TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int trusted = endpoint.ca_file.empty()
                          ? SSL_CTX_set_default_verify_paths(context.get())
                          : SSL_CTX_load_verify_file(context.get(), endpoint.ca_file.c_str());
  if (trusted != 1) return TlsError(fmt::format("ca_file '{}'", endpoint.ca_file));
  Session session(SSL_new(context.get()));
  if (session == nullptr) return TlsError("TLS");
  SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(session.get());
  // An address is looked for among the certificate's addresses, a name among its names.
  X509_VERIFY_PARAM* const rules = SSL_get0_param(session.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, endpoint.host.c_str()) != 1) {
    ERR_clear_error();
    // What the macro SSL_set_tlsext_host_name says.
    std::string name = endpoint.host;
    SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    if (SSL_set1_host(session.get(), endpoint.host.c_str()) != 1) return TlsError("TLS");
  }
  return session;
}

}  // namespace

base::Result<std::unique_ptr<Stream>> StartTls(std::unique_ptr<Stream> below,
                                               const Endpoint& endpoint, base::Deadline deadline) {
  GC_ASSIGN_OR_RETURN(Session session, NewSession(endpoint));
  auto stream = std::make_unique<TlsStream>(std::move(below), std::move(session));
  GC_RETURN_IF_ERROR(stream->Handshake(deadline));
  return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace geoclimate::redis
