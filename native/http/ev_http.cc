#include "http/ev_http.h"

#include <event2/http.h>
#include <event2/http_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <new>
#include <string_view>

#include "http/ev_http_request.h"
#include "http/http_guard.h"
#include "http/http_target.h"
#include "http/reply_framing.h"
#include "http/server_connection.h"
#include "http/server_connections.h"
#include "libevent/unique_fd.h"
#include "napi/environment.h"
#include "napi/errors.h"

namespace bitcoin_support {
namespace {

// Without one libevent never times out. Bitcoin Core's -rpcservertimeout.
constexpr timeval kDefaultTimeout{30, 0};

// libevent's default.
constexpr int kDefaultMethods =
    EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE;

// Of a request from its first byte to its last; Node's.
constexpr timeval kDefaultDeadline{300, 0};

// Of the request line and all headers, of a server that checks them itself. libevent has no limit.
constexpr size_t kDefaultMaxHead = 64 * 1024;

// Of a body that is read whole. libevent has no limit; bitcoind's is this one.
constexpr size_t kDefaultMaxBody = 0x02000000;

// Of what waits for a peer that reads more slowly than the parts of its reply come.
constexpr size_t kDefaultMaxOutput = 64 * 1024 * 1024;

// libevent's bit for a method that it does not know, and all that it does know.
constexpr ev_uint16_t kAllMethods = 0xffff;

const char* ReasonOf(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Service Unavailable";
  }
}

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
  // libevent answers a method that is not allowed by itself, and reads the body of a CONNECT as the next
  // request.
  evhttp_set_allowed_methods(m_http, kAllMethods);
  if (strict) {
    m_rules.limits.head = kDefaultMaxHead;
    m_rules.deadline = base.CommonTimeout(kDefaultDeadline);
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
  for (ServerConnection* const connection : env().connections().Of(m_http)) {
    if (connection->request() != nullptr) connection->request()->Dispose();
    connection->FlushNow();
  }
  if (!live()) return;
  RetireChild();
  event_free(m_accepted_event);
  base().WhenIdle([this] {
    for (ServerConnection* const connection : env().connections().Of(m_http)) connection->LeaveRequestToC();
    evhttp_free(m_http);
    delete this;
  });
}

void EvHttp::SetTimeout(const timeval& timeout) {
  const timeval common = base().CommonTimeout(timeout);
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
  static_cast<EvHttp*>(arg)->HandleRequest(request);
}

void EvHttp::SendError(evhttp_request* request, int status) {
  if (live() && m_has_error_page && env().can_call_js()) {
    m_refused = request;
    env().callbacks().Call(base(), JsCallback::kErrorPage, {number(), static_cast<double>(status)});
    if (TakeRefused() == nullptr) return;
  }
  EvHttpRequest::SendErrorPage(request, status, ReasonOf(status));
}

void EvHttp::HandleRequest(evhttp_request* request) {
  const EventBase::BusyScope busy(base());
  const unsigned command = CommandOf(request);
  Environment& environment = env();
  ServerConnection* const connection = environment.connections().Find(evhttp_request_get_connection(request));
  // There is no tunnel behind a CONNECT, so its reply is one like any other: libevent would give it neither
  // length nor end. And of a method that it does not know it would expect the worst.
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
  // Who reads a streamed body is decided before anyone looks at the host.
  EvHttp& server = gate != nullptr && gate->body_state() != RequestGate::Body::kNone ? root : *this;
  const int route = server.RouteFor(evhttp_request_get_uri(request));
  if (route < 0) return server.SendError(request, HTTP_NOTFOUND);
  if (const auto in_c = server.m_c_callbacks.find(route); in_c != server.m_c_callbacks.end()) {
    // A path that was read as a stream when the request's head had come, and has been given to C since.
    if (gate != nullptr && gate->body_state() != RequestGate::Body::kNone) {
      return server.SendError(request, HTTP_SERVUNAVAIL);
    }
    return HandOver(request, extension ? 0 : command, *connection, in_c->second);
  }
  auto* const handle = new EvHttpRequest(base(), request, *connection, extension ? 0 : command);
  const double number = handle->number();
  connection->BeginRequest(*handle);
  environment.callbacks().Call(base(), JsCallback::kRequest,
                               {server.number(), static_cast<double>(route), number}, &server.m_context);
}

// From here on all is as libevent does it.
void EvHttp::HandOver(evhttp_request* request, unsigned command, ServerConnection& connection,
                      CCallback callback) {
  ServerConnections& connections = env().connections();
  evhttp_connection* const of_libevent = connection.connection();
  try {
    connection.BeginRequestInC(request);
  } catch (const std::bad_alloc&) {
    connection.Cut();
    return;
  }
  SettleConnection(request);
  request->type = static_cast<evhttp_cmd_type>(command);
  callback.function(request, callback.arg);
  base().CountNativeCallback();
  // C may have ended the connection.
  ServerConnection* const still_there = connections.Find(of_libevent);
  if (still_there != nullptr) still_there->FlushForC();
}

}  // namespace bitcoin_support
