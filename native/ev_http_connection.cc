#include "ev_http_connection.h"

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "arguments.h"
#include "environment.h"
#include "errors.h"
#include "ev_http_request.h"
#include "exports.h"
#include "server_connection.h"

namespace bitcoin_support {
namespace {

EvHttpConnection& This(const Napi::CallbackInfo& info) {
  return Environment::From(info).Get<EvHttpConnection>(info[0]);
}

}  // namespace

EvHttpConnection::EvHttpConnection(EventBase& base, ServerConnection& server)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_connection(server.connection()),
      m_server(&server) {}

EvHttpConnection::EvHttpConnection(EventBase& base, const std::string& host, uint16_t port)
    : BaseChild(base, base.env().type_for(kKind), kKind), m_host(host), m_port(port) {
  Open();
  if (m_connection == nullptr) {
    ThrowEventError(env(), code::kLibevent, "evhttp_connection_base_new failed");
  }
}

void EvHttpConnection::Open() {
  m_connection = evhttp_connection_base_new(base().base(), nullptr, m_host.c_str(), m_port);
  if (m_connection == nullptr) return;
  evhttp_connection_set_closecb(m_connection, OnClientClosed, this);
  if (m_timeout) evhttp_connection_set_timeout_tv(m_connection, *m_timeout ? &**m_timeout : nullptr);
  if (m_retries) evhttp_connection_set_retries(m_connection, *m_retries);
  if (m_max_headers) evhttp_connection_set_max_headers_size(m_connection, *m_max_headers);
  if (m_max_body) evhttp_connection_set_max_body_size(m_connection, *m_max_body);
}

void EvHttpConnection::RenewWhenUnused() {
  if (!live() || m_disposing || !m_requests.empty()) return;
  evhttp_connection* const old = m_connection;
  Open();
  if (m_connection == nullptr) {
    m_connection = old;
    return;
  }
  evhttp_connection_set_closecb(old, nullptr, nullptr);
  base().WhenIdle([old] { evhttp_connection_free(old); });
}

void EvHttpConnection::AbandonRequests() {
  for (EvHttpRequest* const request : m_requests) request->Abandon();
}

void EvHttpConnection::Dispose() {
  if (!live()) return;
  if (m_server != nullptr) {
    m_server->set_view(nullptr);
    delete this;
    return;
  }
  const EventBase::BusyScope busy(base());
  m_disposing = true;
  // The last first: those that still wait for their turn must not get it.
  for (auto& requests = m_requests; live() && !requests.empty();) {
    EvHttpRequest* const request = requests.back();
    requests.pop_back();
    request->Fail();
  }
  if (!live()) return;  // a callback has disposed it
  if (!m_closing && bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection)) >= 0) TellClosed();
  if (!live()) return;
  RetireChild();
  base().WhenIdle([this] {
    evhttp_connection_free(m_connection);
    delete this;
  });
}

void EvHttpConnection::OnClosed() {
  const double self = number();
  Environment& environment = env();
  environment.callbacks().Call(base(), JsCallback::kConnectionClose, {self});
  if (environment.FindAny(self) != nullptr) Dispose();
}

void EvHttpConnection::OnClientClosed(evhttp_connection*, void* arg) {
  EvHttpConnection& self = *static_cast<EvHttpConnection*>(arg);
  if (!self.live() || self.m_closing) return;
  const EventBase::BusyScope busy(self.base());
  // The one under way. Whether libevent has freed it already cannot be known here.
  if (!self.m_requests.empty()) self.m_requests.front()->AwaitEnd();
  self.TellClosed();
  self.RenewWhenUnused();
}

void EvHttpConnection::TellClosed() {
  m_closing = true;
  env().callbacks().Call(base(), JsCallback::kConnectionClose, {number()});
  m_closing = false;
}

void EvHttpConnection::RemoveRequest(const EvHttpRequest& request) { std::erase(m_requests, &request); }

// (base, host, port)
Napi::Value EvHttpConnection::New(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  const std::string host = StringArg(info, 1);
  const int port = IntArg(info, 2);
  if (port < 0 || port > 65535) ThrowRangeError(info.Env(), "no port");
  auto* const self = new EvHttpConnection(base, host, static_cast<uint16_t>(port));
  return Napi::Number::New(info.Env(), self->number());
}

// (connection) -> [kind, address, port]
Napi::Value EvHttpConnection::GetPeerNapi(const Napi::CallbackInfo& info) {
  const EvHttpConnection& self = This(info);
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(self.m_connection));
  const bool known = fd >= 0 && getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0;
  const bool is_unix = known && storage.ss_family == AF_UNIX;
  char* address = nullptr;
  ev_uint16_t port = 0;
  evhttp_connection_get_peer(self.m_connection, &address, &port);
  const Napi::Array peer = Napi::Array::New(info.Env(), 3);
  peer.Set(0u, is_unix ? "unix" : "tcp");
  // libevent invents "localhost" for a peer that has no address.
  peer.Set(1u, Napi::String::New(info.Env(), is_unix || address == nullptr ? "" : address));
  peer.Set(2u, Napi::Number::New(info.Env(), is_unix ? 0 : port));
  return peer;
}

// (connection, ms)
Napi::Value EvHttpConnection::SetTimeoutNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  const auto timeout = TimevalFromMs(NumberArg(info, 1));
  self.m_timeout = timeout;
  evhttp_connection_set_timeout_tv(self.m_connection, timeout ? &*timeout : nullptr);
  return info.Env().Undefined();
}

// (connection, count | -1 for ever)
Napi::Value EvHttpConnection::SetRetriesNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  const int count = IntArg(info, 1);
  self.m_retries = count;
  evhttp_connection_set_retries(self.m_connection, count);
  return info.Env().Undefined();
}

// (connection, bytes)
Napi::Value EvHttpConnection::SetMaxHeadersSizeNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  self.m_max_headers = bytes;
  evhttp_connection_set_max_headers_size(self.m_connection, bytes);
  return info.Env().Undefined();
}

// (connection, bytes)
Napi::Value EvHttpConnection::SetMaxBodySizeNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  self.m_max_body = bytes;
  evhttp_connection_set_max_body_size(self.m_connection, bytes);
  return info.Env().Undefined();
}

// (connection, request, command, uri, body | undefined)
Napi::Value EvHttpConnection::MakeRequestNapi(const Napi::CallbackInfo& info) {
  EvHttpConnection& self = This(info);
  if (self.m_server != nullptr) {
    ThrowEventError(self.env(), code::kState, "the connection is a server's: it makes no requests");
  }
  // libevent would write to a connection that it is about to reset.
  if (self.m_closing || self.m_disposing) {
    ThrowEventError(self.env(), code::kState, "the connection is closing: make the request afterwards");
  }
  EvHttpRequest& request = Environment::From(info).Get<EvHttpRequest>(info[1]);
  if (request.incoming()) {
    ThrowEventError(self.env(), code::kState, "the request is a server's: it cannot be made");
  }
  const int command = IntArg(info, 2);
  const std::string uri = StringArg(info, 3);
  if (!info[4].IsUndefined()) request.AppendOutput(info.Env(), info[4]);
  request.Make(self, command, uri);
  return info.Env().Undefined();
}

void EvHttpConnection::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<New>(env, exports, "connectionNew", state);
  ExportFunction<GetPeerNapi>(env, exports, "connectionGetPeer", state);
  ExportFunction<SetTimeoutNapi>(env, exports, "connectionSetTimeout", state);
  ExportFunction<SetRetriesNapi>(env, exports, "connectionSetRetries", state);
  ExportFunction<SetMaxHeadersSizeNapi>(env, exports, "connectionSetMaxHeadersSize", state);
  ExportFunction<SetMaxBodySizeNapi>(env, exports, "connectionSetMaxBodySize", state);
  ExportFunction<MakeRequestNapi>(env, exports, "connectionMakeRequest", state);
}

}  // namespace bitcoin_support
