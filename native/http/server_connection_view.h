// A server's connection as JavaScript sees it.
#pragma once

#include "http/ev_http_connection.h"

namespace bitcoin_support {

class ServerConnection;

/// The handle of a connection that a server has accepted. It ends with the connection. Disposing it leaves
/// the connection open.
class ServerConnectionView final : public EvHttpConnection {
 public:
  ServerConnectionView(EventBase& base, ServerConnection& server);

  void Dispose() override;
  void* GiveToC() override;
  evhttp_connection* connection() const override;

  /// The connection ends: calls JavaScript while the handle still works, or just after when libevent has
  /// freed the connection already.
  void OnClosed(bool connection_there);

 private:
  using EvHttpConnection::kKind;  // handles are looked up as EvHttpConnection

  void SetTimeouts(double connect_ms, double read_ms, double write_ms) override;
  void SetMaxHeadersSize(ptrdiff_t bytes) override;
  void SetMaxBodySize(ptrdiff_t bytes) override;

  ServerConnection& m_server;
};

}  // namespace bitcoin_support
