// struct evhttp_connection behind the EvHttpConnection handle.
#pragma once

#include <napi.h>

#include <memory>

#include "http/client_settings.h"
#include "loop/base_child.h"
#include "net/buffer_event_host.h"

struct evhttp_connection;

namespace bitcoin_support {

class BufferEvent;
class HttpClient;
class ServerConnection;

/// Either a client's connection, which it owns, or a view of one that a server has accepted. The view ends
/// with the connection. Disposing the view leaves the connection open.
class EvHttpConnection final : public BaseChild, private BufferEventHost {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvHttpConnection;

  /// A view.
  EvHttpConnection(EventBase& base, ServerConnection& server);
  /// A client's. @throws EventError ERR_EV_LIBEVENT
  EvHttpConnection(EventBase& base, ClientSettings settings);
  ~EvHttpConnection() override;

  void Dispose() override;

  void* Address() const override;

  /// A server's connection ends: calls JavaScript while the handle still works, or just after when libevent
  /// has freed the connection already.
  void OnClosed(bool connection_there);

  bool is_client() const { return m_client != nullptr; }
  /// A client's.
  HttpClient& client() const { return *m_client; }

  evhttp_connection* connection() const;

  /// Ends the handle of the bufferevent. Call this when the connection gets another bufferevent, or ends.
  void EndBufferevent();

  /// Whether its bufferevent has a rate limit.
  bool limited() const;

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  bufferevent* stream() const override;
  void ForgetView() override { m_bufferevent = nullptr; }

  static EvHttpConnection& This(const Napi::CallbackInfo& info);
  static HttpClient& Client(const Napi::CallbackInfo& info);

  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value NewDnsNapi(const Napi::CallbackInfo& info);
  static Napi::Value NewUnixNapi(const Napi::CallbackInfo& info);
  static Napi::Value NewFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetBuffereventNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetPeerNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetAddrNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetTimeoutsNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetRetriesNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetInitialRetryNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxHeadersSizeNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxBodySizeNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetLocalAddressNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetLocalPortNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetFamilyNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetFlagsNapi(const Napi::CallbackInfo& info);
  static Napi::Value FreeOnCompletionNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetFailureNapi(const Napi::CallbackInfo& info);
  static Napi::Value MakeRequestNapi(const Napi::CallbackInfo& info);

  BufferEvent* m_bufferevent = nullptr;
  ServerConnection* m_server = nullptr;  // a view's
  const std::unique_ptr<HttpClient> m_client;
};

}  // namespace bitcoin_support
