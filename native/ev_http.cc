#include "ev_http.h"

#include <event2/http.h>
#include <event2/http_struct.h>
#include <unistd.h>

#include <new>
#include <string_view>

#include "environment.h"
#include "errors.h"
#include "ev_http_request.h"
#include "http_guard.h"
#include "server_connection.h"
#include "server_connections.h"

namespace bitcoin_support {
namespace {

// Without one libevent never times out. Bitcoin Core's -rpcservertimeout.
constexpr timeval kDefaultTimeout{30, 0};

// libevent's default.
constexpr int kDefaultMethods =
    EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE;

// The path of a URI in origin form or absolute form, as it stands there.
std::string_view RawPath(std::string_view uri) {
  const size_t end = uri.find_first_of("?#");
  std::string_view path = uri.substr(0, end);
  if (!path.empty() && path.front() != '/') {
    const size_t scheme = path.find("://");
    if (scheme != std::string_view::npos) {
      const size_t slash = path.find('/', scheme + 3);
      path = slash == std::string_view::npos ? std::string_view("/") : path.substr(slash);
    }
  }
  return path;
}

}  // namespace

EvHttp::EvHttp(EventBase& base)
    : BaseChild(base, base.env().type_for(kKind), kKind), m_http(evhttp_new(base.base())) {
  if (m_http == nullptr) throw std::bad_alloc();
  evhttp_set_gencb(m_http, OnRequest, this);
  SetTimeout(kDefaultTimeout);
  SetAllowedMethods(kDefaultMethods);
}

void EvHttp::Dispose() {
  if (!live()) return;
  const EventBase::BusyScope busy(base());
  while (!m_sockets.empty()) DelAcceptSocket(m_sockets.begin()->first);
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
  base().WhenIdle([this] {
    evhttp_free(m_http);
    delete this;
  });
}

void EvHttp::SetTimeout(const timeval& timeout) {
  const timeval common = base().CommonTimeout(timeout);
  evhttp_set_timeout_tv(m_http, &common);
}

double EvHttp::Accept(int fd, std::string unlink_path) {
  evhttp_bound_socket* const bound = evhttp_accept_socket_with_handle(m_http, fd);
  if (bound == nullptr) {
    close(fd);
    ThrowEventError(env(), code::kBind, "evhttp_accept_socket_with_handle failed");
  }
  const double id = m_next_socket++;
  m_sockets.emplace(id, std::make_unique<BoundSocket>(base().base(), bound, std::move(unlink_path)));
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
  return m_has_gencb ? 0 : -1;
}

const EvHttp& EvHttp::Root() const {
  const EvHttp* root = this;
  while (root->m_parent != nullptr) root = root->m_parent;
  return *root;
}

void EvHttp::OnRequest(evhttp_request* request, void* arg) {
  static_cast<EvHttp*>(arg)->HandleRequest(request);
}

// libevent itself leaves the connection of a CONNECT open after refusing it, with a body of no length.
void EvHttp::SetAllowedMethods(int mask) {
  m_allows_connect = (mask & EVHTTP_REQ_CONNECT) != 0;
  evhttp_set_allowed_methods(m_http, static_cast<ev_uint16_t>(mask | EVHTTP_REQ_CONNECT));
}

void EvHttp::HandleRequest(evhttp_request* request) {
  const EventBase::BusyScope busy(base());
  const evhttp_cmd_type command = request->type;
  // There is no tunnel behind it, so its reply is one like any other: libevent would give it neither length
  // nor end.
  if (command == EVHTTP_REQ_CONNECT) request->type = EVHTTP_REQ_GET;
  if (!live() || !env().can_call_js()) {
    EvHttpRequest::SendErrorPage(request, HTTP_SERVUNAVAIL, "Service Unavailable");
    return;
  }
  if (!IsRequestSafe(request)) {
    EvHttpRequest::SendErrorPage(request, HTTP_BADREQUEST, "Bad Request");
    return;
  }
  if (command == EVHTTP_REQ_CONNECT && !Root().m_allows_connect) {
    EvHttpRequest::SendErrorPage(request, HTTP_NOTIMPLEMENTED, "Not Implemented");
    return;
  }
  const int route = RouteFor(evhttp_request_get_uri(request));
  if (route < 0) {
    EvHttpRequest::SendErrorPage(request, HTTP_NOTFOUND, "Not Found");
    return;
  }
  Environment& environment = env();
  ServerConnection& connection =
      environment.connections().For(base(), evhttp_request_get_connection(request));
  auto* const handle = new EvHttpRequest(base(), request, connection, command);
  const double number = handle->number();
  connection.BeginRequest(*handle, Root());
  environment.callbacks().Call(base(), JsCallback::kRequest,
                               {this->number(), static_cast<double>(route), number});
}

}  // namespace bitcoin_support
