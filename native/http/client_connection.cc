#include "http/client_connection.h"

#include <event2/http.h>
#include <event2/util.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "http/outgoing_request.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"
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

ClientConnection::ClientConnection(EventBase& base, ClientSettings settings)
    : EvHttpConnection(base), m_http(*this, std::move(settings)) {
  if (m_http.settings().dns != nullptr) m_http.settings().dns->AddUser(*this);
}

ClientConnection& ClientConnection::Arg(const Napi::CallbackInfo& info, size_t index) {
  EvHttpConnection& connection = Environment::From(info).Get<EvHttpConnection>(info[index]);
  ClientConnection* const self = connection.client();
  if (self == nullptr) ThrowEventError(connection.env(), code::kState, "the connection is a server's");
  return *self;
}

void ClientConnection::Dispose() {
  if (!live()) return;
  const EventBase::BusyScope busy(base());
  m_http.Shut();
  if (!live()) return;  // a callback has disposed it
  EndBufferevent();
  if (m_http.settings().dns != nullptr) m_http.settings().dns->RemoveUser(*this);
  RetireChild();
  base().WhenIdle([this] { delete this; });
}

void* ClientConnection::GiveToC() {
  m_http.ShowToC();
  return connection();
}

void ClientConnection::SetTimeouts(double connect_ms, double read_ms, double write_ms) {
  m_http.SetNow([&](ClientSettings& settings) {
    settings.connect_timeout.Set(connect_ms);
    settings.read_timeout.Set(read_ms);
    settings.write_timeout.Set(write_ms);
  });
}

void ClientConnection::SetMaxHeadersSize(ptrdiff_t bytes) {
  m_http.SetNow([&](ClientSettings& settings) { settings.max_headers = bytes; });
}

void ClientConnection::SetMaxBodySize(ptrdiff_t bytes) {
  m_http.SetNow([&](ClientSettings& settings) { settings.max_body = bytes; });
}

// --- the native functions ----------------------------------------------------------------------------

// (base, host, port)
Napi::Value ClientConnection::NewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  ClientSettings settings;
  settings.host = StringArg(info, 1);
  settings.port = PortArg(info, 2);
  // An empty host means a UNIX socket or a given descriptor.
  if (settings.host.empty()) ThrowRangeError(info.Env(), "no host");
  return Napi::Number::New(info.Env(), (new ClientConnection(base, std::move(settings)))->number());
}

// (base, host, port, resolver)
Napi::Value ClientConnection::NewDnsNapi(const Napi::CallbackInfo& info) {
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
  return Napi::Number::New(info.Env(), (new ClientConnection(base, std::move(settings)))->number());
}

// (base, path)
Napi::Value ClientConnection::NewUnixNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  ClientSettings settings;
  settings.unix_path = StringArg(info, 1);
  if (settings.unix_path.empty()) ThrowRangeError(info.Env(), "no path");
  return Napi::Number::New(info.Env(), (new ClientConnection(base, std::move(settings)))->number());
}

// (base, fd)
Napi::Value ClientConnection::NewFdNapi(const Napi::CallbackInfo& info) {
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
  return Napi::Number::New(info.Env(), (new ClientConnection(base, std::move(settings)))->number());
}

// (connection, count | -1 for ever)
Napi::Value ClientConnection::SetRetriesNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Http(info);
  const int retries = IntArg(info, 1);
  client.SetNow([&](ClientSettings& settings) { settings.retries = retries; });
  return info.Env().Undefined();
}

// (connection, ms)
Napi::Value ClientConnection::SetInitialRetryNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Http(info);
  const double ms = NumberArg(info, 1);
  client.SetNow([&](ClientSettings& settings) { settings.retry_pause_ms = ms >= 0 ? ms : 2000; });
  return info.Env().Undefined();
}

// (connection, address | empty for any)
Napi::Value ClientConnection::SetLocalAddressNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Http(info);
  std::string address = StringArg(info, 1);
  client.SetForNext([&](ClientSettings& settings) { settings.local_address = std::move(address); });
  return info.Env().Undefined();
}

// (connection, port | 0 for any)
Napi::Value ClientConnection::SetLocalPortNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Http(info);
  const uint16_t port = PortArg(info, 1);
  client.SetForNext([&](ClientSettings& settings) { settings.local_port = port; });
  return info.Env().Undefined();
}

// (connection, 0 | 4 | 6)
Napi::Value ClientConnection::SetFamilyNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Http(info);
  const int version = IntArg(info, 1);
  const int family = version == 4 ? AF_INET : version == 6 ? AF_INET6 : AF_UNSPEC;
  client.SetForNext([&](ClientSettings& settings) { settings.family = family; });
  return info.Env().Undefined();
}

// (connection, flags)
Napi::Value ClientConnection::SetFlagsNapi(const Napi::CallbackInfo& info) {
  HttpClient& client = Http(info);
  const int flags = IntArg(info, 1);
  if ((flags & ~(EVHTTP_CON_REUSE_CONNECTED_ADDR | EVHTTP_CON_READ_ON_WRITE_ERROR)) != 0) {
    ThrowEventError(Environment::From(info), code::kLibevent,
                    "evhttp_connection_set_flags failed: no such flags");
  }
  client.SetNow([&](ClientSettings& settings) { settings.flags = flags; });
  return info.Env().Undefined();
}

// (connection)
Napi::Value ClientConnection::FreeOnCompletionNapi(const Napi::CallbackInfo& info) {
  Http(info).FreeOnCompletion();
  return info.Env().Undefined();
}

// (connection) -> [kind, syscall, errno, reason] why the last request got no reply: see
// ClientFailure; undefined when the reason is not the connection
Napi::Value ClientConnection::GetFailureNapi(const Napi::CallbackInfo& info) {
  const ClientFailure& failure = Http(info).failure();
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
Napi::Value ClientConnection::MakeRequestNapi(const Napi::CallbackInfo& info) {
  ClientConnection& self = Arg(info, 0);
  if (self.m_http.closing() || self.m_http.shut()) {
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

void ClientConnection::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "connectionNew", state);
  ExportFunction<NewDnsNapi>(env, exports, "connectionNewDns", state);
  ExportFunction<NewUnixNapi>(env, exports, "connectionNewUnix", state);
  ExportFunction<NewFdNapi>(env, exports, "connectionNewFd", state);
  ExportFunction<SetRetriesNapi>(env, exports, "connectionSetRetries", state);
  ExportFunction<SetInitialRetryNapi>(env, exports, "connectionSetInitialRetry", state);
  ExportFunction<SetLocalAddressNapi>(env, exports, "connectionSetLocalAddress", state);
  ExportFunction<SetLocalPortNapi>(env, exports, "connectionSetLocalPort", state);
  ExportFunction<SetFamilyNapi>(env, exports, "connectionSetFamily", state);
  ExportFunction<SetFlagsNapi>(env, exports, "connectionSetFlags", state);
  ExportFunction<FreeOnCompletionNapi>(env, exports, "connectionFreeOnCompletion", state);
  ExportFunction<GetFailureNapi>(env, exports, "connectionGetFailure", state);
  ExportFunction<MakeRequestNapi>(env, exports, "connectionMakeRequest", state);
}

}  // namespace bitcoin_support
