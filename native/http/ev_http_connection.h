// struct evhttp_connection behind the EvHttpConnection handle.
#pragma once

#include <napi.h>

#include "http/client_settings.h"
#include "loop/base_child.h"
#include "net/buffer_event_host.h"

struct evhttp_connection;

namespace bitcoin_support {

class BufferEvent;
class ClientConnection;

/// What a client's connection and the view of one that a server has accepted have in common. Both are behind
/// the same kind of handle.
class EvHttpConnection : public BaseChild, private BufferEventHost {
 public:
  static constexpr HandleKind kKind = HandleKind::kEvHttpConnection;

  /// The connection as a client's; null for a server's.
  virtual ClientConnection* client() { return nullptr; }

  virtual evhttp_connection* connection() const = 0;

  /// Ends the handle of the bufferevent. Call this when the connection gets another bufferevent, or ends.
  void EndBufferevent();

  /// Whether its bufferevent has a rate limit.
  bool limited() const;

  static void Export(Napi::Env env, Napi::Object exports, Environment& state);

 protected:
  explicit EvHttpConnection(EventBase& base);
  ~EvHttpConnection() override;

  /// @throws EventError
  static EvHttpConnection& This(const Napi::CallbackInfo& info);

  /// Whether it was made with the path of a UNIX socket.
  virtual bool made_with_path() const { return false; }
  /// The times are as for PhaseTimeout.
  virtual void SetTimeouts(double connect_ms, double read_ms, double write_ms) = 0;
  virtual void SetMaxHeadersSize(ptrdiff_t bytes) = 0;
  virtual void SetMaxBodySize(ptrdiff_t bytes) = 0;

 private:
  bufferevent* stream() const override;
  void ForgetView() override { m_bufferevent = nullptr; }

  static Napi::Value GetBuffereventNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetPeerNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetAddrNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetTimeoutsNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxHeadersSizeNapi(const Napi::CallbackInfo& info);
  static Napi::Value SetMaxBodySizeNapi(const Napi::CallbackInfo& info);

  BufferEvent* m_bufferevent = nullptr;
};

}  // namespace bitcoin_support
