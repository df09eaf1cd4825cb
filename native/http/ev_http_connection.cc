#include "http/ev_http_connection.h"

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "http/http_client.h"
#include "http/outgoing_request.h"
#include "http/server_connection.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"
#include "net/buffer_event.h"
#include "net/ev_dns_base.h"
#include "net/lookup_error.h"

namespace bitcoin_support {
namespace {

uint16_t PortArg(const Napi::CallbackInfo& info, size_t index) {
  const int port = IntArg(info, index);
  if (port < 0 || port > 65535) ThrowRangeError(info.Env(), "no port");
  return static_cast<uint16_t>(port);
}

}  // namespace

EvHttpConnection::EvHttpConnection(EventBase& base, ServerConnection& server)
    : BaseChild(base, base.env().type_for(kKind), kKind), m_server(&server) {}

EvHttpConnection::EvHttpConnection(EventBase& base, ClientSettings settings)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_client(std::make_unique<HttpClient>(*this, std::move(settings))) {
  if (m_client->settings().dns != nullptr) m_client->settings().dns->AddUser(*this);
}

EvHttpConnection::~EvHttpConnection() = default;

EvHttpConnection& EvHttpConnection::This(const Napi::CallbackInfo& info) {
  return Environment::From(info).Get<EvHttpConnection>(info[0]);
}

evhttp_connection* EvHttpConnection::connection() const {
  return m_server != nullptr ? m_server->connection() : m_client->connection();
}

bufferevent* EvHttpConnection::stream() const { return evhttp_connection_get_bufferevent(connection()); }

void EvHttpConnection::Dispose() {
  if (!live()) return;
  if (m_server != nullptr) {
    EndBufferevent();
    m_server->set_view(nullptr);
    delete this;
    return;
  }
  const EventBase::BusyScope busy(base());
  m_client->Shut();
  if (!live()) return;  // a callback has disposed it
  EndBufferevent();
  if (m_client->settings().dns != nullptr) m_client->settings().dns->RemoveUser(*this);
  RetireChild();
  base().WhenIdle([this] { delete this; });
}

void* EvHttpConnection::Address() const {
  if (m_server != nullptr) {
    m_server->ShowToC();
  } else {
    m_client->ShowToC();
  }
  return connection();
}

void EvHttpConnection::OnClosed(bool connection_there) {
  const double self = number();
  Environment& environment = env();
  EventBase& on = base();
  if (!connection_there) Dispose();
  environment.callbacks().Call(on, JsCallback::kConnectionClose, {self});
  if (environment.FindAny(self) != nullptr) Dispose();
}

bool EvHttpConnection::limited() const { return m_bufferevent != nullptr && m_bufferevent->limited(); }

void EvHttpConnection::EndBufferevent() {
  if (m_bufferevent != nullptr) m_bufferevent->Dispose();
}

// --- the native functions over both sides --------------------------------------------------------------

// (connection) -> view
Napi::Value EvHttpConnection::GetBuffereventNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  if (self.m_bufferevent == nullptr) self.m_bufferevent = new BufferEvent(self.base(), self);
  return Napi::Number::New(info.Env(), self.m_bufferevent->number());
}

// (connection) -> [kind, address, port]
Napi::Value EvHttpConnection::GetPeerNapi(const Napi::CallbackInfo& info) {
  const EvHttpConnection& self = This(info);
  const ClientSettings* const made_with = self.is_client() ? &self.m_client->settings() : nullptr;
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(self.connection()));
  const bool known = fd >= 0 && getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0;
  const bool is_unix =
      (known && storage.ss_family == AF_UNIX) || (made_with != nullptr && !made_with->unix_path.empty());
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

// --- the native functions over a client's ---------------------------------------------------------------

HttpClient& EvHttpConnection::Client(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  if (self.m_client == nullptr) {
    ThrowEventError(self.env(), code::kState, "the connection is a server's");
  }
  return *self.m_client;
}

// (base, host, port)
Napi::Value EvHttpConnection::NewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  ClientSettings settings;
  settings.host = StringArg(info, 1);
  settings.port = PortArg(info, 2);
  // An empty host means a UNIX socket or a given descriptor.
  if (settings.host.empty()) ThrowRangeError(info.Env(), "no host");
  return Napi::Number::New(info.Env(), (new EvHttpConnection(base, std::move(settings)))->number());
}

// (base, host, port, resolver)
Napi::Value EvHttpConnection::NewDnsNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  ClientSettings settings;
  settings.host = StringArg(info, 1);
  settings.port = PortArg(info, 2);
  settings.dns = &Environment::From(info).Get<EvDnsBase>(info[3]);
  if (settings.host.empty()) ThrowRangeError(info.Env(), "no host");
  EvDnsBase::CheckHost(info.Env(), settings.host);
  if (&settings.dns->base() != &base) {
    ThrowEventError(base.env(), code::kState, "the resolver is of another base");
  }
  return Napi::Number::New(info.Env(), (new EvHttpConnection(base, std::move(settings)))->number());
}

// (base, path)
Napi::Value EvHttpConnection::NewUnixNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  ClientSettings settings;
  settings.unix_path = StringArg(info, 1);
  if (settings.unix_path.empty()) ThrowRangeError(info.Env(), "no path");
  return Napi::Number::New(info.Env(), (new EvHttpConnection(base, std::move(settings)))->number());
}

// (base, fd)
Napi::Value EvHttpConnection::NewFdNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const int fd = IntArg(info, 1);
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) {
    ThrowSystemError(base.env(), code::kConnect, "getpeername", errno, "descriptor " + std::to_string(fd));
  }
  int type = 0;
  length = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_STREAM) {
    ThrowEventError(base.env(), code::kConnect, "descriptor " + std::to_string(fd) + " is no stream socket");
  }
  evutil_make_socket_nonblocking(fd);
  ClientSettings settings;
  settings.fd = fd;
  return Napi::Number::New(info.Env(), (new EvHttpConnection(base, std::move(settings)))->number());
}

// (connection, connect ms, read ms, write ms): see PhaseTimeout
Napi::Value EvHttpConnection::SetTimeoutsNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  const double connect_ms = NumberArg(info, 1);
  const double read_ms = NumberArg(info, 2);
  const double write_ms = NumberArg(info, 3);
  if (self.m_client == nullptr) {
    PhaseTimeout read(50);
    PhaseTimeout write(50);
    read.Set(read_ms);
    write.Set(write_ms);
    bufferevent_set_timeouts(evhttp_connection_get_bufferevent(self.connection()), read.get(), write.get());
    return info.Env().Undefined();
  }
  self.m_client->SetNow([&](ClientSettings& settings) {
    settings.connect_timeout.Set(connect_ms);
    settings.read_timeout.Set(read_ms);
    settings.write_timeout.Set(write_ms);
  });
  return info.Env().Undefined();
}

// (connection, count | -1 for ever)
Napi::Value EvHttpConnection::SetRetriesNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Client(info);
  const int retries = IntArg(info, 1);
  client.SetNow([&](ClientSettings& settings) { settings.retries = retries; });
  return info.Env().Undefined();
}

// (connection, ms)
Napi::Value EvHttpConnection::SetInitialRetryNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Client(info);
  const double ms = NumberArg(info, 1);
  client.SetNow([&](ClientSettings& settings) { settings.retry_pause_ms = ms >= 0 ? ms : 2000; });
  return info.Env().Undefined();
}

// (connection, bytes)
Napi::Value EvHttpConnection::SetMaxHeadersSizeNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  if (self.m_client != nullptr) {
    self.m_client->SetNow([&](ClientSettings& settings) { settings.max_headers = bytes; });
  } else {
    evhttp_connection_set_max_headers_size(self.connection(), bytes);
  }
  return info.Env().Undefined();
}

// (connection, bytes)
Napi::Value EvHttpConnection::SetMaxBodySizeNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  if (self.m_client != nullptr) {
    self.m_client->SetNow([&](ClientSettings& settings) { settings.max_body = bytes; });
  } else {
    evhttp_connection_set_max_body_size(self.connection(), bytes);
  }
  return info.Env().Undefined();
}

// (connection, address | empty for any)
Napi::Value EvHttpConnection::SetLocalAddressNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Client(info);
  std::string address = StringArg(info, 1);
  client.SetForNext([&](ClientSettings& settings) { settings.local_address = std::move(address); });
  return info.Env().Undefined();
}

// (connection, port | 0 for any)
Napi::Value EvHttpConnection::SetLocalPortNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Client(info);
  const uint16_t port = PortArg(info, 1);
  client.SetForNext([&](ClientSettings& settings) { settings.local_port = port; });
  return info.Env().Undefined();
}

// (connection, 0 | 4 | 6)
Napi::Value EvHttpConnection::SetFamilyNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Client(info);
  const int version = IntArg(info, 1);
  const int family = version == 4 ? AF_INET : version == 6 ? AF_INET6 : AF_UNSPEC;
  client.SetForNext([&](ClientSettings& settings) { settings.family = family; });
  return info.Env().Undefined();
}

// (connection, flags)
Napi::Value EvHttpConnection::SetFlagsNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Client(info);
  const int flags = IntArg(info, 1);
  if ((flags & ~(EVHTTP_CON_REUSE_CONNECTED_ADDR | EVHTTP_CON_READ_ON_WRITE_ERROR)) != 0) {
    ThrowEventError(Environment::From(info), code::kLibevent,
                    "evhttp_connection_set_flags failed: no such flags");
  }
  client.SetNow([&](ClientSettings& settings) { settings.flags = flags; });
  return info.Env().Undefined();
}

// (connection)
Napi::Value EvHttpConnection::FreeOnCompletionNapi(const Napi::CallbackInfo& info) {
  Client(info).FreeOnCompletion();
  return info.Env().Undefined();
}

// (connection) -> [kind, syscall, errno, reason] why the last request got no reply: see
// ClientFailure; undefined when the reason is not the connection
Napi::Value EvHttpConnection::GetFailureNapi(const Napi::CallbackInfo& info) {
  const ClientFailure& failure = Client(info).failure();
  if (failure.kind == ClientFailure::Kind::kNone) return info.Env().Undefined();
  const bool lookup = failure.kind == ClientFailure::Kind::kLookup;
  const std::string reason = failure.kind == ClientFailure::Kind::kReply ? failure.fault
                             : lookup ? TextOfLookup(failure.error)
                                      : std::generic_category().message(failure.error);
  return NewList(info.Env(),
                 {Napi::Number::New(info.Env(), static_cast<int>(failure.kind)),
                  Napi::String::New(info.Env(), failure.syscall),
                  Napi::Number::New(info.Env(), lookup ? NodeErrnoOfLookup(failure.error) : failure.error),
                  Napi::String::New(info.Env(), reason)});
}

// (connection, request, command, uri, body | undefined)
Napi::Value EvHttpConnection::MakeRequestNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Client(info);
  EvHttpConnection& self = This(info);
  if (client.closing() || client.shut()) {
    ThrowEventError(self.env(), code::kState, "the connection is closing: make the request afterwards");
  }
  OutgoingRequest* const request = Environment::From(info).Get<EvHttpRequest>(info[1]).outgoing();
  if (request == nullptr) {
    ThrowEventError(self.env(), code::kState, "the request is a server's: it cannot be made");
  }
  const int command = IntArg(info, 2);
  const std::string uri = StringArg(info, 3);
  if (!info[4].IsUndefined()) request->AppendOutput(info.Env(), info[4]);
  request->Make(self, command, uri);
  return info.Env().Undefined();
}

void EvHttpConnection::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<GetBuffereventNapi>(env, exports, "connectionGetBufferevent", state);
  ExportFunction<GetPeerNapi>(env, exports, "connectionGetPeer", state);
  ExportFunction<GetAddrNapi>(env, exports, "connectionGetAddr", state);
  ExportFunction<NewNapi>(env, exports, "connectionNew", state);
  ExportFunction<NewDnsNapi>(env, exports, "connectionNewDns", state);
  ExportFunction<NewUnixNapi>(env, exports, "connectionNewUnix", state);
  ExportFunction<NewFdNapi>(env, exports, "connectionNewFd", state);
  ExportFunction<SetTimeoutsNapi>(env, exports, "connectionSetTimeouts", state);
  ExportFunction<SetRetriesNapi>(env, exports, "connectionSetRetries", state);
  ExportFunction<SetInitialRetryNapi>(env, exports, "connectionSetInitialRetry", state);
  ExportFunction<SetMaxHeadersSizeNapi>(env, exports, "connectionSetMaxHeadersSize", state);
  ExportFunction<SetMaxBodySizeNapi>(env, exports, "connectionSetMaxBodySize", state);
  ExportFunction<SetLocalAddressNapi>(env, exports, "connectionSetLocalAddress", state);
  ExportFunction<SetLocalPortNapi>(env, exports, "connectionSetLocalPort", state);
  ExportFunction<SetFamilyNapi>(env, exports, "connectionSetFamily", state);
  ExportFunction<SetFlagsNapi>(env, exports, "connectionSetFlags", state);
  ExportFunction<FreeOnCompletionNapi>(env, exports, "connectionFreeOnCompletion", state);
  ExportFunction<GetFailureNapi>(env, exports, "connectionGetFailure", state);
  ExportFunction<MakeRequestNapi>(env, exports, "connectionMakeRequest", state);
}

}  // namespace bitcoin_support
