#include "http/ev_http_connection.h"

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "napi/list.h"
#include "net/buffer_event.h"

namespace bitcoin_support {

EvHttpConnection::EvHttpConnection(EventBase& base) : BaseChild(base, base.env().type_for(kKind), kKind) {}

EvHttpConnection::~EvHttpConnection() = default;

EvHttpConnection& EvHttpConnection::This(const Napi::CallbackInfo& info) {
  return Environment::From(info).Get<EvHttpConnection>(info[0]);
}

bufferevent* EvHttpConnection::stream() const { return evhttp_connection_get_bufferevent(connection()); }

bool EvHttpConnection::limited() const { return m_bufferevent != nullptr && m_bufferevent->limited(); }

void EvHttpConnection::EndBufferevent() {
  if (m_bufferevent != nullptr) m_bufferevent->Dispose();
}

// (connection) -> view
Napi::Value EvHttpConnection::GetBuffereventNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  if (self.m_bufferevent == nullptr) self.m_bufferevent = new BufferEvent(self.base(), self);
  return Napi::Number::New(info.Env(), self.m_bufferevent->number());
}

// (connection) -> [kind, address, port]
Napi::Value EvHttpConnection::GetPeerNapi(const Napi::CallbackInfo& info) {
  const EvHttpConnection& self = This(info);
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(self.connection()));
  const bool known = fd >= 0 && getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0;
  const bool is_unix = (known && storage.ss_family == AF_UNIX) || self.made_with_path();
  char* address = nullptr;
  ev_uint16_t port = 0;
  evhttp_connection_get_peer(self.connection(), &address, &port);
  // libevent invents "localhost" for a peer that has no address.
  return NewList(info.Env(), {Napi::String::New(info.Env(), is_unix ? "unix" : "tcp"),
                              Napi::String::New(info.Env(), is_unix || address == nullptr ? "" : address),
                              Napi::Number::New(info.Env(), is_unix ? 0 : port)});
}

// (connection) -> the address that it is connected to, or was last; undefined before
Napi::Value EvHttpConnection::GetAddrNapi(const Napi::CallbackInfo& info) {
  const sockaddr* const address = evhttp_connection_get_addr(This(info).connection());
  char text[INET6_ADDRSTRLEN] = "";
  int port = 0;
  const char* family = nullptr;
  if (address != nullptr && address->sa_family == AF_INET) {
    const auto& in = *reinterpret_cast<const sockaddr_in*>(address);
    family = "IPv4";
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    port = ntohs(in.sin_port);
  } else if (address != nullptr && address->sa_family == AF_INET6) {
    const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(address);
    family = "IPv6";
    inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    port = ntohs(in6.sin6_port);
  }
  if (family == nullptr) return info.Env().Undefined();
  return NewList(info.Env(), {Napi::String::New(info.Env(), family), Napi::String::New(info.Env(), text),
                              Napi::Number::New(info.Env(), port)});
}

// (connection, connect ms, read ms, write ms): see PhaseTimeout
Napi::Value EvHttpConnection::SetTimeoutsNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  self.SetTimeouts(NumberArg(info, 1), NumberArg(info, 2), NumberArg(info, 3));
  return info.Env().Undefined();
}

// (connection, bytes)
Napi::Value EvHttpConnection::SetMaxHeadersSizeNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  self.SetMaxHeadersSize(ByteLimitArg(info, 1));
  return info.Env().Undefined();
}

// (connection, bytes)
Napi::Value EvHttpConnection::SetMaxBodySizeNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  self.SetMaxBodySize(ByteLimitArg(info, 1));
  return info.Env().Undefined();
}

void EvHttpConnection::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<GetBuffereventNapi>(env, exports, "connectionGetBufferevent", state);
  ExportFunction<GetPeerNapi>(env, exports, "connectionGetPeer", state);
  ExportFunction<GetAddrNapi>(env, exports, "connectionGetAddr", state);
  ExportFunction<SetTimeoutsNapi>(env, exports, "connectionSetTimeouts", state);
  ExportFunction<SetMaxHeadersSizeNapi>(env, exports, "connectionSetMaxHeadersSize", state);
  ExportFunction<SetMaxBodySizeNapi>(env, exports, "connectionSetMaxBodySize", state);
}

template void ExportHandleType<EvHttpConnection>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
