// struct evhttp_connection behind the EvHttpConnection handle.
#pragma once

#include <napi.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "event_base.h"

struct evhttp_connection;

namespace bitcoin_support {

class EvHttpRequest;
class ServerConnection;

/// Either a client's connection, which it owns, or a view of one that a server accepted: the view ends
/// with the connection, and disposing it leaves the connection alone.
class EvHttpConnection final : public BaseChild {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvHttpConnection;

  /// A view.
  EvHttpConnection(EventBase& base, ServerConnection& server);
  /// A client's. @throws EventError ERR_EV_LIBEVENT
  EvHttpConnection(EventBase& base, const std::string& host, uint16_t port);

  void Dispose() override;

  evhttp_connection* connection() const { return m_connection; }

  /// A server's connection ends: JavaScript hears of it while the handle still works.
  void OnClosed();

  /// Requests that the client has made and that have not ended.
  void AddRequest(EvHttpRequest& request) { m_requests.push_back(&request); }
  void RemoveRequest(const EvHttpRequest& request);
  /// JavaScript is being told that the connection closes: libevent is in the middle of that.
  bool closing() const { return m_closing; }
  /// libevent has taken off the connection all requests that it has now.
  void AbandonRequests();
  /// Takes another evhttp_connection for the next request when there is none on this one: what libevent keeps
  /// of a connection that was closed while idle, or of a try to connect that nobody waits for any more, makes
  /// it end the process when the next connection is reset.
  void RenewWhenUnused();

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  static void OnClientClosed(evhttp_connection* connection, void* arg);
  void TellClosed();
  void Open();

  static Napi::Value New(const Napi::CallbackInfo& info);
  static Napi::Value GetPeerNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetTimeoutNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetRetriesNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxHeadersSizeNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxBodySizeNapi(const Napi::CallbackInfo& info);
  static Napi::Value MakeRequestNapi(const Napi::CallbackInfo& info);

  evhttp_connection* m_connection = nullptr;
  ServerConnection* m_server = nullptr;  // null for a client's
  // A client's: how to make the connection anew. Without a value it is libevent's default.
  const std::string m_host;
  const uint16_t m_port = 0;
  std::optional<std::optional<timeval>> m_timeout;
  std::optional<int> m_retries;
  std::optional<ptrdiff_t> m_max_headers;
  std::optional<ptrdiff_t> m_max_body;
  std::vector<EvHttpRequest*> m_requests;  // a client's, in their order
  bool m_closing = false;
  bool m_disposing = false;
};

}  // namespace bitcoin_support
