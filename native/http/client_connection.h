// A client's connection.
#pragma once

#include "http/client_settings.h"
#include "http/ev_http_connection.h"
#include "http/http_client.h"

namespace bitcoin_support {

/// The handle of a client's connection, which it owns. HttpClient does the work.
class ClientConnection final : public EvHttpConnection {
 public:
  /// @throws EventError ERR_EV_LIBEVENT
  ClientConnection(EventBase& base, ClientSettings settings);

  ClientConnection* client() override { return this; }
  void Dispose() override;
  void* GiveToC() override;
  evhttp_connection* connection() const override { return m_http.connection(); }

  HttpClient& http() { return m_http; }

  /// The client's connection that is an argument. @throws EventError
  static ClientConnection& Arg(const Napi::CallbackInfo& info, size_t index);

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 private:
  using EvHttpConnection::kKind;  // handles are looked up as EvHttpConnection

  bool made_with_path() const override { return !m_http.settings().unix_path.empty(); }
  void SetTimeouts(double connect_ms, double read_ms, double write_ms) override;
  void SetMaxHeadersSize(ptrdiff_t bytes) override;
  void SetMaxBodySize(ptrdiff_t bytes) override;

  static HttpClient& Http(const Napi::CallbackInfo& info) { return Arg(info, 0).m_http; }

  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value NewDnsNapi(const Napi::CallbackInfo& info);
  static Napi::Value NewUnixNapi(const Napi::CallbackInfo& info);
  static Napi::Value NewFdNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetRetriesNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetInitialRetryNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetLocalAddressNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetLocalPortNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetFamilyNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetFlagsNapi(const Napi::CallbackInfo& info);
  static Napi::Value FreeOnCompletionNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetFailureNapi(const Napi::CallbackInfo& info);
  static Napi::Value MakeRequestNapi(const Napi::CallbackInfo& info);

  HttpClient m_http;
};

}  // namespace bitcoin_support
