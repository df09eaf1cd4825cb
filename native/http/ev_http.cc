#include "http/ev_http.h"

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

#include "http/header_list.h"
#include "http/http_method.h"
#include "http/http_status.h"
#include "http/http_target.h"
#include "http/http_text.h"
#include "http/incoming_request.h"
#include "http/parsed_request.h"
#include "http/reply_args.h"
#include "http/reply_writer.h"
#include "http/server_connection.h"
#include "http/server_connections.h"
#include "libevent/catch_bad_alloc.h"
#include "libevent/unique_fd.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "napi/list.h"
#include "net/listen_socket.h"
#include "net/socket_address.h"

namespace bitcoin_support {
namespace {

// libevent has no default. This is Bitcoin Core's -rpcservertimeout.
constexpr timeval kDefaultTimeout{30, 0};

// libevent's default.
constexpr int kDefaultMethods =
    EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE;

// From a request's first byte to its last. This is Node's.
constexpr timeval kDefaultDeadline{300, 0};

// Of the request line and all headers, for a strict server. libevent has no default.
constexpr size_t kDefaultMaxHead = 64 * 1024;

// Of a body that is read whole. libevent has no default. This is bitcoind's.
constexpr size_t kDefaultMaxBody = 0x02000000;

// How much may wait for a peer that reads more slowly than its reply is made.
constexpr size_t kDefaultMaxOutput = 64 * 1024 * 1024;

// libevent's bit for a method that it does not know, and all that it does know.
constexpr ev_uint16_t kAllMethods = 0xffff;

}  // namespace

EvHttp::EvHttp(EventBase& base, bool strict)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_http(evhttp_new(base.base())),
      m_context(base.env().napi(), "EvHttp"),
      m_strict(strict),
      m_accepted_event(event_new(base.base(), -1, 0, OnAccepted, this)) {
  if (m_http == nullptr || m_accepted_event == nullptr) {
    if (m_http != nullptr) evhttp_free(m_http);
    if (m_accepted_event != nullptr) event_free(m_accepted_event);
    throw std::bad_alloc();
  }
  evhttp_set_gencb(m_http, OnRequest, this);
  evhttp_set_bevcb(m_http, OnAccept, this);
  // libevent would answer a method that is not allowed by itself, and would read the body of a CONNECT as the
  // next request. So it allows all, and we check.
  evhttp_set_allowed_methods(m_http, kAllMethods);
  if (strict) {
    m_rules.limits.head = kDefaultMaxHead;
    m_rules.deadline = base.common_timeouts().Common(base.base(), kDefaultDeadline);
  }
  evhttp_set_max_body_size(m_http, kDefaultMaxBody);
  m_rules.limits.body = kDefaultMaxBody;
  m_rules.limits.streamed_body = UINT64_MAX;
  m_rules.max_output = kDefaultMaxOutput;
  SetTimeout(kDefaultTimeout);
  m_rules.methods = kDefaultMethods;
}

void EvHttp::Dispose() {
  if (!live()) return;
  const EventBase::BusyScope busy(base());
  while (!m_sockets.empty()) DelAcceptSocket(m_sockets.begin()->first);
  AdmitAccepted();
  if (m_parent != nullptr) m_parent->RemoveVirtualHost(*this);
  while (!m_virtual_hosts.empty()) {
    EvHttp* const host = m_virtual_hosts.back();
    RemoveVirtualHost(*host);
    host->Dispose();
  }
  for (ServerConnection* const connection : env().State<ServerConnections>().Of(m_http)) {
    if (connection->request() != nullptr) connection->request()->Dispose();
    connection->FlushNow();
  }
  if (!live()) return;
  RetireChild();
  event_free(m_accepted_event);
  base().WhenIdle([this] {
    for (ServerConnection* const connection : env().State<ServerConnections>().Of(m_http))
      connection->LeaveRequestToC();
    evhttp_free(m_http);
    delete this;
  });
}

void EvHttp::SetTimeout(const timeval& timeout) {
  const timeval common = base().common_timeouts().Common(base().base(), timeout);
  evhttp_set_timeout_tv(m_http, &common);
  m_rules.read_timeout = common;
}

double EvHttp::Accept(int fd, std::string unlink_path, bool no_delay) {
  UniqueFd owned(fd);
  base().CheckRoomFor(fd, "evhttp_accept_socket_with_handle");
  // Connections inherit it, so that it costs nothing for each. A UNIX socket does not have it.
  const int on = no_delay ? 1 : 0;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  evhttp_bound_socket* const bound = evhttp_accept_socket_with_handle(m_http, fd);
  if (bound == nullptr) ThrowEventError(env(), code::kBind, "evhttp_accept_socket_with_handle failed");
  owned.Release();
  const double id = m_next_socket++;
  const auto& socket =
      m_sockets.emplace(id, std::make_unique<BoundSocket>(base().base(), bound, std::move(unlink_path)))
          .first->second;
  if (!m_accepts) socket->Pause(true);
  return id;
}

void EvHttp::DelAcceptSocket(double id) {
  const auto entry = m_sockets.find(id);
  if (entry == m_sockets.end()) {
    ThrowEventError(env(), code::kNotFound, "the socket is not one of this server's");
  }
  evhttp_bound_socket* const bound = entry->second->bound();
  m_sockets.erase(entry);
  evhttp_del_accept_socket(m_http, bound);
}

void EvHttp::AddVirtualHost(EvHttp& host, const std::string& pattern) {
  if (&host.base() != &base()) {
    ThrowEventError(env(), code::kState, "a virtual host must live on its server's base");
  }
  for (const EvHttp* server = this; server != nullptr; server = server->m_parent) {
    if (server == &host) {
      ThrowEventError(env(), code::kState, "a server cannot be a virtual host of itself");
    }
  }
  if (!host.m_rules.streamed.empty()) {
    ThrowEventError(env(), code::kState, "a virtual host cannot stream bodies");
  }
  if (evhttp_add_virtual_host(m_http, pattern.c_str(), host.m_http) != 0) {
    ThrowEventError(env(), code::kState,
                    "evhttp_add_virtual_host failed: it is a virtual host already, or has sockets");
  }
  host.m_parent = this;
  m_virtual_hosts.push_back(&host);
}

void EvHttp::RemoveVirtualHost(EvHttp& host) {
  if (host.m_parent != this || evhttp_remove_virtual_host(m_http, host.m_http) != 0) {
    ThrowEventError(env(), code::kNotFound, "not a virtual host of this server");
  }
  host.m_parent = nullptr;
  std::erase(m_virtual_hosts, &host);
}

// --- the connections that it accepts -------------------------------------------------------------------

// evhttp asks for a bufferevent when it has accepted a connection, and has no callback for the connection
// that it then makes. But when m_accepted_event fires, that connection is the argument of the bufferevent's
// callbacks. The argument is null when evhttp has given the connection up meanwhile.
bufferevent* EvHttp::OnAccept(event_base* base, void* arg) {
  EvHttp& self = *static_cast<EvHttp*>(arg);
  bufferevent* const bev = bufferevent_socket_new(base, -1, 0);
  if (bev == nullptr) return nullptr;
  bool kept = true;
  CatchBadAlloc([&] { self.m_accepted.push_back(bev); }, [&] { kept = false; });
  if (!kept) {
    // evhttp makes a bufferevent itself. Its requests are answered with 503, as no ServerConnection is there.
    bufferevent_free(bev);
    return nullptr;
  }
  bufferevent_incref(bev);
  event_active(self.m_accepted_event, 0, 0);
  self.LimitAccepting();
  if (self.m_accepts) {
    for (const auto& [id, socket] : self.m_sockets) socket->PauseForMemory();
  }
  return bev;
}

void EvHttp::OnAccepted(evutil_socket_t, short, void* arg) {
  EvHttp& self = *static_cast<EvHttp*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.AdmitAccepted();
}

void EvHttp::AdmitAccepted() {
  for (bufferevent* const bev : std::exchange(m_accepted, {})) {
    void* connection = nullptr;
    bufferevent_getcb(bev, nullptr, nullptr, nullptr, &connection);
    if (connection != nullptr) {
      auto* const of_libevent = static_cast<evhttp_connection*>(connection);
      CatchBadAlloc([&] { env().State<ServerConnections>().Add(base(), of_libevent, *this); },
                    [&] { evhttp_connection_free(of_libevent); });
    }
    bufferevent_decref(bev);
  }
  LimitAccepting();
}

bool EvHttp::WaitsWith(const event* ev) const {
  for (const auto& [id, socket] : m_sockets) {
    if (socket->WaitsWith(ev)) return true;
  }
  return false;
}

void EvHttp::ConnectionClosed() {
  --m_connections;
  LimitAccepting();
}

// Connections beyond the limit wait in the sockets' backlogs.
void EvHttp::LimitAccepting() {
  const bool accepts = m_connections + m_accepted.size() < m_max_connections;
  if (accepts == m_accepts) return;
  m_accepts = accepts;
  for (const auto& [id, socket] : m_sockets) socket->Pause(!accepts);
}

void EvHttp::SetMaxConnections(size_t count) {
  m_max_connections = count;
  LimitAccepting();
}

// --- the requests that come --------------------------------------------------------------------------

int EvHttp::RouteFor(const char* uri) const {
  if (!m_routes.empty()) {
    const auto route = m_routes.find(std::string(RawPath(uri)));
    if (route != m_routes.end()) return route->second;
  }
  return m_has_gencb ? kGencb : -1;
}

EvHttp& EvHttp::Root() {
  EvHttp* root = this;
  while (root->m_parent != nullptr) root = root->m_parent;
  return *root;
}

void EvHttp::OnRequest(evhttp_request* request, void* arg) {
  EvHttp& self = *static_cast<EvHttp*>(arg);
  CatchBadAlloc([&] { self.HandleRequest(request); },
                [&] {
                  ServerConnection* const connection =
                      self.env().State<ServerConnections>().Find(evhttp_request_get_connection(request));
                  if (connection != nullptr) connection->Cut();
                });
}

void EvHttp::SendError(evhttp_request* request, int status) {
  if (live() && m_has_error_page && env().can_call_js()) {
    m_refused = request;
    env().callbacks().Call(base(), JsCallback::kErrorPage, {number(), static_cast<double>(status)});
    if (TakeRefused() == nullptr) return;
  }
  ReplyWriter::SendErrorPage(request, status, ReasonOfRefusal(status));
}

void EvHttp::HandleRequest(evhttp_request* request) {
  const EventBase::BusyScope busy(base());
  const unsigned command = CommandOf(request);
  Environment& environment = env();
  ServerConnection* const connection =
      environment.State<ServerConnections>().Find(evhttp_request_get_connection(request));
  // We open no tunnel for CONNECT, so its reply needs a length and an end like any other, which libevent
  // would not give it. libevent also mishandles replies to methods that it does not know.
  if (command == EVHTTP_REQ_CONNECT || command > EVHTTP_REQ_PATCH) request->type = EVHTTP_REQ_GET;
  EvHttp& root = Root();
  RequestGate* const gate = connection == nullptr ? nullptr : connection->gate();
  if (!live() || !environment.can_call_js() || connection == nullptr) {
    return SendError(request, HTTP_SERVUNAVAIL);
  }
  bool extension = false;
  if (gate != nullptr) {
    if (gate->refused() != 0) return root.SendError(request, gate->refused());
    gate->Adopt(request);
    extension = !gate->extension_method().empty();
  } else if (!IsRequestSafe(request)) {
    return root.SendError(request, HTTP_BADREQUEST);
  } else {
    TrimFields(request);
  }
  if (!extension && (command & root.m_rules.methods) == 0)
    return root.SendError(request, HTTP_NOTIMPLEMENTED);
  // The gate has decided that the body is streamed before libevent looked for a virtual host.
  EvHttp& server = gate != nullptr && gate->body_state() != RequestGate::Body::kNone ? root : *this;
  const int route = server.RouteFor(evhttp_request_get_uri(request));
  if (route < 0) return server.SendError(request, HTTP_NOTFOUND);
  if (const auto in_c = server.m_c_callbacks.find(route); in_c != server.m_c_callbacks.end()) {
    // The path was given to C after the body had begun to be read as a stream.
    if (gate != nullptr && gate->body_state() != RequestGate::Body::kNone) {
      return server.SendError(request, HTTP_SERVUNAVAIL);
    }
    return HandOver(request, extension ? 0 : command, *connection, in_c->second);
  }
  auto* const handle = new IncomingRequest(base(), request, *connection, extension ? 0 : command);
  const double number = handle->number();
  connection->BeginRequest(*handle);
  environment.callbacks().Call(base(), JsCallback::kRequest,
                               {server.number(), static_cast<double>(route), number}, &server.m_context);
}

// Gives the request to a callback in C. From here on libevent alone handles it. @throws std::bad_alloc before
void EvHttp::HandOver(evhttp_request* request, unsigned command, ServerConnection& connection,
                      CCallback callback) {
  ServerConnections& connections = env().State<ServerConnections>();
  evhttp_connection* const of_libevent = connection.connection();
  connection.BeginRequestInC(request);
  ReplyWriter::SettleConnection(request);
  request->type = static_cast<evhttp_cmd_type>(command);
  callback.function(request, callback.arg);
  base().CountNativeCallback();
  // C may have ended the connection.
  ServerConnection* const still_there = connections.Find(of_libevent);
  if (still_there != nullptr) still_there->FlushForC();
}

// --- the native functions ----------------------------------------------------------------------------

EvHttp& EvHttp::This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EvHttp>(info[0]); }

void EvHttp::RequireStrict() const {
  if (!m_strict)
    ThrowEventError(env(), code::kState, "the server leaves requests to evhttp: it is not strict");
}

// (base, strict)
Napi::Value EvHttp::NewNapi(const Napi::CallbackInfo& info) {
  EventBase& base = Environment::From(info).Get<EventBase>(info[0]);
  return Napi::Number::New(info.Env(), (new EvHttp(base, BoolArg(info, 1)))->number());
}

// (http, host, port, backlog, reusePort, ipv6Only, noDelay) -> socket id
Napi::Value EvHttp::BindTcpNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const std::string host = StringArg(info, 1);
  const int port = IntArg(info, 2);
  if (port < 0 || port > 65535) ThrowRangeError(info.Env(), "no port");
  ListenOptions options;
  options.backlog = IntArg(info, 3);
  options.reuse_port = BoolArg(info, 4);
  options.ipv6_only = BoolArg(info, 5);
  const bool no_delay = BoolArg(info, 6);
  const int fd = ListenTcpOrThrow(self.env(), host, static_cast<uint16_t>(port), options);
  return Napi::Number::New(info.Env(), self.Accept(fd, "", no_delay));
}

// (http, path, mode | -1, backlog) -> socket id
Napi::Value EvHttp::BindUnixNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const std::string path = StringArg(info, 1);
  ListenOptions options;
  options.backlog = IntArg(info, 3);
  // Before ListenUnixOrThrow() makes a file, which would stay if this threw.
  self.base().CheckRoomForNext("evhttp_accept_socket_with_handle");
  const int fd = ListenUnixOrThrow(self.env(), path, IntArg(info, 2), options);
  return Napi::Number::New(info.Env(), self.Accept(fd, path, false));
}

// (http, fd, noDelay) -> socket id
Napi::Value EvHttp::AcceptFdNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const int fd = IntArg(info, 1);
  const bool no_delay = BoolArg(info, 2);
  int listening = 0;
  socklen_t length = sizeof listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0) {
    ThrowSystemError(self.env(), code::kBind, "getsockopt", errno, "descriptor " + std::to_string(fd));
  }
  if (listening == 0) {
    ThrowEventError(self.env(), code::kBind,
                    "descriptor " + std::to_string(fd) + " is not a listening socket");
  }
  // libevent ends the process when getnameinfo() has no name for a peer.
  sockaddr_storage own{};
  length = sizeof own;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) != 0 ||
      (own.ss_family != AF_INET && own.ss_family != AF_INET6 && own.ss_family != AF_UNIX)) {
    ThrowEventError(self.env(), code::kBind,
                    "descriptor " + std::to_string(fd) + " is a socket of neither IPv4, IPv6 nor UNIX");
  }
  // Accept() closes what it cannot use. This descriptor is the caller's until it is taken.
  self.base().CheckRoomFor(fd, "evhttp_accept_socket_with_handle");
  evutil_make_socket_nonblocking(fd);
  return Napi::Number::New(info.Env(), self.Accept(fd, "", no_delay));
}

// (http, socket id)
Napi::Value EvHttp::DelAcceptSocketNapi(const Napi::CallbackInfo& info) {
  This(info).DelAcceptSocket(NumberArg(info, 1));
  return info.Env().Undefined();
}

// (http, socket id) -> fd
Napi::Value EvHttp::SocketFdNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), This(info).SocketFd(NumberArg(info, 1)));
}

int EvHttp::SocketFd(double id) const {
  const auto entry = m_sockets.find(id);
  if (entry == m_sockets.end()) {
    ThrowEventError(env(), code::kNotFound, "the socket is not one of this server's");
  }
  return evhttp_bound_socket_get_fd(entry->second->bound());
}

// (http, socket id) -> [family, address or path, port]
Napi::Value EvHttp::SocketAddressNapi(const Napi::CallbackInfo& info) {
  const EvHttp& self = This(info);
  return DescribeLocalAddress(self.env(), self.SocketFd(NumberArg(info, 1)));
}

// (http, path, route id > 0)
Napi::Value EvHttp::SetRouteNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (!self.m_routes.try_emplace(StringArg(info, 1), IntArg(info, 2)).second) {
    ThrowEventError(self.env(), code::kExists, "the path has a callback already");
  }
  return info.Env().Undefined();
}

// (http, path) -> route id
Napi::Value EvHttp::DelRouteNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const auto route = self.m_routes.find(StringArg(info, 1));
  if (route == self.m_routes.end()) {
    ThrowEventError(self.env(), code::kNotFound, "the path has no callback");
  }
  const int id = route->second;
  self.m_rules.streamed.erase(route->first);
  self.m_c_callbacks.erase(id);
  self.m_routes.erase(route);
  return Napi::Number::New(info.Env(), id);
}

// (http, path, route id > 0, function, arg)
Napi::Value EvHttp::SetRouteInCNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const CCallback callback{FunctionArg<decltype(CCallback::function)>(info, 3), AddressArg(info, 4)};
  SetRouteNapi(info);
  self.m_c_callbacks.insert_or_assign(IntArg(info, 2), callback);
  return info.Env().Undefined();
}

// (http, function, arg)
Napi::Value EvHttp::SetGencbInCNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const CCallback callback{FunctionArg<decltype(CCallback::function)>(info, 1), AddressArg(info, 2)};
  self.m_c_callbacks.insert_or_assign(kGencb, callback);
  self.m_has_gencb = true;
  return info.Env().Undefined();
}

// (http, whether there is one)
Napi::Value EvHttp::SetGencbNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.m_has_gencb = BoolArg(info, 1);
  self.m_c_callbacks.erase(kGencb);
  return info.Env().Undefined();
}

// (http, pattern, virtual host)
Napi::Value EvHttp::AddVirtualHostNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.AddVirtualHost(Environment::From(info).Get<EvHttp>(info[2]), StringArg(info, 1));
  return info.Env().Undefined();
}

// (http, virtual host)
Napi::Value EvHttp::RemoveVirtualHostNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.RemoveVirtualHost(Environment::From(info).Get<EvHttp>(info[1]));
  return info.Env().Undefined();
}

// (http, alias)
Napi::Value EvHttp::AddServerAliasNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (evhttp_add_server_alias(self.m_http, StringArg(info, 1).c_str()) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "evhttp_add_server_alias failed");
  }
  return info.Env().Undefined();
}

// (http, alias)
Napi::Value EvHttp::RemoveServerAliasNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (evhttp_remove_server_alias(self.m_http, StringArg(info, 1).c_str()) != 0) {
    ThrowEventError(self.env(), code::kNotFound, "the server has no such alias");
  }
  return info.Env().Undefined();
}

// (http, bytes)
Napi::Value EvHttp::SetMaxHeadersSizeNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  evhttp_set_max_headers_size(self.m_http, bytes);
  self.m_rules.limits.head = static_cast<size_t>(bytes);
  return info.Env().Undefined();
}

// (http, bytes)
Napi::Value EvHttp::SetMaxBodySizeNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  evhttp_set_max_body_size(self.m_http, bytes);
  self.m_rules.limits.body = self.m_rules.limits.streamed_body = static_cast<uint64_t>(bytes);
  return info.Env().Undefined();
}

// (http, ms > 0)
Napi::Value EvHttp::SetTimeoutNapi(const Napi::CallbackInfo& info) {
  const auto timeout = TimevalFromMs(NumberArg(info, 1));
  if (timeout) This(info).SetTimeout(*timeout);
  return info.Env().Undefined();
}

// (http, mask)
Napi::Value EvHttp::SetAllowedMethodsNapi(const Napi::CallbackInfo& info) {
  This(info).m_rules.methods = static_cast<unsigned>(IntArg(info, 1));
  return info.Env().Undefined();
}

// (http, type | undefined)
Napi::Value EvHttp::SetDefaultContentTypeNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (info[1].IsUndefined()) {
    evhttp_set_default_content_type(self.m_http, nullptr);
    self.m_default_type = DefaultType::kNone;
  } else {
    const HttpText type(info.Env(), info[1], "content type");
    evhttp_set_default_content_type(self.m_http, nullptr);
    self.m_content_type = type.view();
    self.m_default_type = DefaultType::kUsers;
    evhttp_set_default_content_type(self.m_http, self.m_content_type.c_str());
  }
  return info.Env().Undefined();
}

// (http, flags)
Napi::Value EvHttp::SetFlagsNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  if (evhttp_set_flags(self.m_http, IntArg(info, 1)) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "evhttp_set_flags failed: no such flags");
  }
  self.m_rules.lingering = (IntArg(info, 1) & EVHTTP_SERVER_LINGERING_CLOSE) != 0;
  return info.Env().Undefined();
}

// (http, path, route id > 0)
Napi::Value EvHttp::SetStreamRouteNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.RequireStrict();
  if (self.m_parent != nullptr) {
    ThrowEventError(self.env(), code::kState, "a virtual host cannot stream bodies");
  }
  SetRouteNapi(info);
  self.m_rules.streamed.insert(StringArg(info, 1));
  return info.Env().Undefined();
}

// (http, names)
Napi::Value EvHttp::SetExtensionMethodsNapi(const Napi::CallbackInfo& info) {
  const ListArg methods(info, 1);
  EvHttp& self = This(info);
  self.RequireStrict();
  self.m_rules.extension_methods = methods.Strings();
  return info.Env().Undefined();
}

// (http, ms | negative)
Napi::Value EvHttp::SetRequestTimeoutNapi(const Napi::CallbackInfo& info) {
  EvHttp& self = This(info);
  self.RequireStrict();
  const auto timeout = TimevalFromMs(NumberArg(info, 1));
  self.m_rules.deadline.reset();
  if (timeout) self.m_rules.deadline = self.base().common_timeouts().Common(self.base().base(), *timeout);
  return info.Env().Undefined();
}

// (http, count | 0 for any number)
Napi::Value EvHttp::SetMaxConnectionsNapi(const Napi::CallbackInfo& info) {
  const int count = IntArg(info, 1);
  This(info).SetMaxConnections(count <= 0 ? SIZE_MAX : static_cast<size_t>(count));
  return info.Env().Undefined();
}

// (http, bytes)
Napi::Value EvHttp::SetMaxOutputNapi(const Napi::CallbackInfo& info) {
  const ptrdiff_t bytes = ByteLimitArg(info, 1);
  This(info).m_rules.max_output = static_cast<size_t>(bytes);
  return info.Env().Undefined();
}

// (http)
Napi::Value EvHttp::GetConnectionCountNapi(const Napi::CallbackInfo& info) {
  const EvHttp& self = This(info);
  return Napi::Number::New(info.Env(), static_cast<double>(self.m_connections + self.m_accepted.size()));
}

// (http, whether JsCallback::kErrorPage is wanted)
Napi::Value EvHttp::SetErrorPageNapi(const Napi::CallbackInfo& info) {
  This(info).m_has_error_page = BoolArg(info, 1);
  return info.Env().Undefined();
}

// (http, status, reason | undefined, body | undefined, headers: see HeaderArgs): during
// JsCallback::kErrorPage
Napi::Value EvHttp::AnswerPageNapi(const Napi::CallbackInfo& info) {
  const HeaderArgs given(info, 4);
  const StatusArgs status(info, 1);
  HeaderList headers;
  given.AddTo(headers);
  const UniqueBuffer body = BodyArg(info, 3);
  EvHttp& self = This(info);
  evhttp_request* const request = self.TakeRefused();
  if (request == nullptr) ThrowEventError(self.env(), code::kState, "no request is being refused");
  headers.MoveTo(evhttp_request_get_output_headers(request));
  ReplyWriter(request, status.status(), status.reason())
      .Send(body.get(), info[3].IsString() ? self.text_content_type() : nullptr, ReplyWriter::After::kClose);
  return info.Env().Undefined();
}

void EvHttp::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "httpNew", state);
  ExportFunction<BindTcpNapi>(env, exports, "httpBindTcp", state);
  ExportFunction<BindUnixNapi>(env, exports, "httpBindUnix", state);
  ExportFunction<AcceptFdNapi>(env, exports, "httpAcceptFd", state);
  ExportFunction<DelAcceptSocketNapi>(env, exports, "httpDelAcceptSocket", state);
  ExportFunction<SocketFdNapi>(env, exports, "httpSocketFd", state);
  ExportFunction<SocketAddressNapi>(env, exports, "httpSocketAddress", state);
  ExportFunction<SetRouteNapi>(env, exports, "httpSetRoute", state);
  ExportFunction<SetRouteInCNapi>(env, exports, "httpSetRouteInC", state);
  ExportFunction<SetGencbInCNapi>(env, exports, "httpSetGencbInC", state);
  ExportFunction<DelRouteNapi>(env, exports, "httpDelRoute", state);
  ExportFunction<SetGencbNapi>(env, exports, "httpSetGencb", state);
  ExportFunction<AddVirtualHostNapi>(env, exports, "httpAddVirtualHost", state);
  ExportFunction<RemoveVirtualHostNapi>(env, exports, "httpRemoveVirtualHost", state);
  ExportFunction<AddServerAliasNapi>(env, exports, "httpAddServerAlias", state);
  ExportFunction<RemoveServerAliasNapi>(env, exports, "httpRemoveServerAlias", state);
  ExportFunction<SetMaxHeadersSizeNapi>(env, exports, "httpSetMaxHeadersSize", state);
  ExportFunction<SetMaxBodySizeNapi>(env, exports, "httpSetMaxBodySize", state);
  ExportFunction<SetTimeoutNapi>(env, exports, "httpSetTimeout", state);
  ExportFunction<SetAllowedMethodsNapi>(env, exports, "httpSetAllowedMethods", state);
  ExportFunction<SetDefaultContentTypeNapi>(env, exports, "httpSetDefaultContentType", state);
  ExportFunction<SetFlagsNapi>(env, exports, "httpSetFlags", state);
  ExportFunction<SetStreamRouteNapi>(env, exports, "httpSetStreamRoute", state);
  ExportFunction<SetExtensionMethodsNapi>(env, exports, "httpSetExtensionMethods", state);
  ExportFunction<SetRequestTimeoutNapi>(env, exports, "httpSetRequestTimeout", state);
  ExportFunction<SetMaxConnectionsNapi>(env, exports, "httpSetMaxConnections", state);
  ExportFunction<SetMaxOutputNapi>(env, exports, "httpSetMaxOutput", state);
  ExportFunction<GetConnectionCountNapi>(env, exports, "httpGetConnectionCount", state);
  ExportFunction<SetErrorPageNapi>(env, exports, "httpSetErrorPage", state);
  ExportFunction<AnswerPageNapi>(env, exports, "httpAnswerPage", state);
}

template void ExportHandleType<EvHttp>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
