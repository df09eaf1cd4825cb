#include "http/http_client.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent_struct.h>
#include <event2/event_struct.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "http/client_socket.h"
#include "http/ev_http_connection.h"
#include "http/ev_http_request.h"
#include "loop/internal_event.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "net/direct_io.h"
#include "net/ev_dns_base.h"

namespace bitcoin_support {
namespace {

// libevent's own bound on the pause between two tries.
constexpr double kMaxPauseMs = 3600'000;

std::string NumericAddress(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address == nullptr) return "";
  if (address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace

HttpClient::HttpClient(EvHttpConnection& handle, ClientSettings settings)
    : m_handle(handle), m_settings(std::move(settings)), m_upload(*this) {
  Open();
  if (m_connection == nullptr) {
    ThrowEventError(handle.env(), code::kLibevent, "evhttp_connection_base_new failed");
  }
}

HttpClient::~HttpClient() {
  m_sentinel.reset();  // its descriptor goes with the connection
  if (m_retry != nullptr) event_free(m_retry);
  if (m_connection != nullptr) {
    evhttp_connection_set_closecb(m_connection, nullptr, nullptr);
    Free(m_connection);
  }
  if (m_settings.fd >= 0) close(m_settings.fd);
}

EventBase& HttpClient::base() const { return m_handle.base(); }

bufferevent* HttpClient::stream() const { return evhttp_connection_get_bufferevent(m_connection); }

// --- the connection ----------------------------------------------------------------------------------

void HttpClient::Open() {
  const bool own_socket = !m_settings.unix_path.empty() || m_settings.fd >= 0 || m_settings.host.empty();
  const bool reuse = (m_settings.flags & EVHTTP_CON_REUSE_CONNECTED_ADDR) != 0 && !m_known_address.empty();
  const std::string host = own_socket ? "127.0.0.1" : reuse ? m_known_address : m_settings.host;
  const auto port = own_socket ? static_cast<uint16_t>(PlaceholderPort()) : m_settings.port;
  m_connection = evhttp_connection_base_new(
      base().base(), m_settings.dns == nullptr ? nullptr : m_settings.dns->dns(), host.c_str(), port);
  if (m_connection == nullptr) return;
  m_fresh = true;
  evhttp_connection_set_closecb(m_connection, OnClosed, this);
  evhttp_connection_set_family(m_connection, own_socket ? AF_INET : m_settings.family);
  if (!m_settings.local_address.empty()) {
    evhttp_connection_set_local_address(m_connection, m_settings.local_address.c_str());
  }
  if (m_settings.local_port != 0) evhttp_connection_set_local_port(m_connection, m_settings.local_port);
  Apply();
}

void HttpClient::Apply() {
  // The address is reused by name; see Open().
  evhttp_connection_set_flags(m_connection, m_settings.flags & ~EVHTTP_CON_REUSE_CONNECTED_ADDR);
  if (m_settings.max_headers) evhttp_connection_set_max_headers_size(m_connection, *m_settings.max_headers);
  if (m_settings.max_body) evhttp_connection_set_max_body_size(m_connection, *m_settings.max_body);
  if (m_connected) SetPhaseTimeouts();
}

void HttpClient::SetPhaseTimeouts() {
  // Whoever still sends is not expected to be answered yet.
  bufferevent_set_timeouts(stream(), m_upload.active() ? nullptr : m_settings.read_timeout.get(),
                           m_settings.write_timeout.get());
}

void HttpClient::Free(evhttp_connection* connection) {
  // Without a socket it may wait for its host's address. libevent would go on with that, and then connect.
  bufferevent* const stream = evhttp_connection_get_bufferevent(connection);
  if (bufferevent_getfd(stream) < 0) bufferevent_setfd(stream, -1);
  evhttp_connection_free(connection);
}

void HttpClient::Renew() {
  m_handle.EndBufferevent();
  m_sentinel.reset();
  evhttp_connection* const old = m_connection;
  Open();
  if (m_connection == nullptr) {
    m_connection = old;
    return;
  }
  m_connected = false;
  evhttp_connection_set_closecb(old, nullptr, nullptr);
  base().WhenIdle([old] { Free(old); });
}

void HttpClient::OnClosed(evhttp_connection*, void* arg) {
  HttpClient& self = *static_cast<HttpClient*>(arg);
  self.m_connected = false;
  self.m_sentinel.reset();
  if (self.m_closing || !self.m_handle.live()) return;
  const EventBase::BusyScope busy(self.base());
  self.m_upload.Abandon();
  // libevent is about to say how that one ends.
  if (self.m_current != nullptr) self.m_current->AwaitEnd();
  self.TellClosed();
  if (self.m_current == nullptr) {
    self.EndIfUnused();
    self.StartNext();
  }
}

void HttpClient::TellClosed() {
  m_closing = true;
  m_handle.env().callbacks().Call(base(), JsCallback::kConnectionClose, {m_handle.number()});
  m_closing = false;
}

void HttpClient::EndIfUnused() {
  if (!m_ends_when_unused || m_connected || m_shut || m_current != nullptr || !m_waiting.empty()) return;
  const Environment::EndScope ends(m_handle.env(), EndReason::kConnectionClosed);
  m_handle.Dispose();
}

// --- requests ----------------------------------------------------------------------------------------

void HttpClient::Make(EvHttpRequest& request) {
  m_waiting.push_back(&request);
  StartNext();
}

void HttpClient::StartNext() {
  // One that fails at once comes back here.
  if (m_starting) return;
  m_starting = true;
  while (!m_shut && !m_closing && m_current == nullptr && !m_waiting.empty()) {
    EvHttpRequest& next = *m_waiting.front();
    m_waiting.pop_front();
    Start(next);
  }
  m_starting = false;
}

void HttpClient::Start(EvHttpRequest& request) {
  m_current = &request;
  m_tries = 0;
  Try();
}

void HttpClient::Try() {
  EvHttpRequest& request = *m_current;
  if (!m_connected && !m_fresh) Renew();
  m_failure = {};
  int own_fd = -1;
  if (!m_connected && m_settings.host.empty()) {
    own_fd =
        m_settings.unix_path.empty() ? std::exchange(m_settings.fd, -1) : ConnectUnix(m_settings.unix_path);
    if (own_fd < 0) {
      FailToConnect("connect", m_settings.unix_path.empty() ? ENOTCONN : errno);
      return;
    }
  }
  m_fresh = false;
  m_connecting = !m_connected;
  if (request.known_to_c()) ShowToC();
  if (m_sentinel != nullptr) m_sentinel->Add();
  errno = 0;
  // A name that is unknown, or an address that cannot be reached at all, ends the request before this
  // returns.
  const int result = request.HandToLibevent(m_connection);
  const int error = errno;
  if (result != 0) {
    FailToConnect("bind", error);
  } else if (m_current == &request && m_connected) {
    BeginSending();
  } else if (m_current == &request && !m_waiting_for_retry && !m_shut) {
    bufferevent* const connecting = stream();
    bufferevent_getcb(connecting, nullptr, nullptr, &m_connect_cb, nullptr);
    bufferevent_setcb(connecting, nullptr, nullptr, OnConnectEvent, this);
    bufferevent_set_timeouts(connecting, nullptr, m_settings.connect_timeout.get());
    if (own_fd >= 0) ReplaceSocket(connecting, std::exchange(own_fd, -1));
  }
  if (own_fd >= 0) close(own_fd);
}

void HttpClient::OnConnectEvent(bufferevent* connecting, short what, void* arg) {
  const int error = errno;
  HttpClient& self = *static_cast<HttpClient*>(arg);
  const EventBase::BusyScope busy(self.base());
  if ((what & BEV_EVENT_CONNECTED) != 0) {
    self.m_connected = true;
    self.m_connecting = false;
    if (!self.m_settings.host.empty()) {
      self.m_known_address = NumericAddress(evhttp_connection_get_addr(self.m_connection));
    }
  } else {
    const int lookup_error = bufferevent_socket_get_dns_error(connecting);
    self.m_failure = lookup_error != 0
                         ? ConnectFailure{"getaddrinfo", lookup_error}
                         : ConnectFailure{"connect", (what & BEV_EVENT_TIMEOUT) != 0 ? ETIMEDOUT : error};
  }
  evhttp_connection* const connection = self.m_connection;
  errno = error;
  self.m_connect_cb(connecting, what, connection);
  if (!self.m_connected || self.m_connection != connection) return;
  self.m_tries = 0;
  self.SetPhaseTimeouts();
  self.SpareCalls();
  if (self.m_current != nullptr) self.BeginSending();
}

// evhttp stops and starts reading at each request, which costs an epoll_ctl. With another event that reads on
// the descriptor the kernel is not asked.
void HttpClient::SpareCalls() {
  if (m_known_to_c) return;
  if (!m_handle.limited()) UseDirectIo(stream());
  m_sentinel = std::make_unique<InternalEvent>(base().base(), bufferevent_getfd(stream()),
                                               EV_READ | EV_PERSIST, OnReadable, this);
  m_sentinel->Add();
}

// evhttp reads what has come, or will: nothing must ask again and again until then.
void HttpClient::OnReadable(evutil_socket_t, short, void* arg) {
  HttpClient& self = *static_cast<HttpClient*>(arg);
  if ((bufferevent_get_enabled(self.stream()) & EV_READ) != 0) return;
  self.m_sentinel->Del();
}

void HttpClient::ShowToC() {
  m_known_to_c = true;
  m_sentinel.reset();
  UseLibeventIo(stream());
}

void HttpClient::BeginSending() {
  const bool was_active = m_upload.active();
  m_upload.Begin(*m_current);
  if (was_active || m_upload.active()) SetPhaseTimeouts();
  if (!m_upload.active()) SendSoon();
}

// Nearly always there is room for a whole request, and to wait to be told so costs more than to send it. What
// has been made in one turn goes together at its end: a server wakes once for it.
void HttpClient::SendSoon() {
  event* const write = &stream()->ev_write;
  if (event_pending(write, EV_WRITE, nullptr) != 0) event_active(write, EV_WRITE, 1);
}

void HttpClient::NoteFailure() {
  const int error = errno;
  if (!m_connecting || m_failure.syscall != nullptr) return;
  const int lookup_error = bufferevent_socket_get_dns_error(stream());
  m_failure =
      lookup_error != 0 ? ConnectFailure{"getaddrinfo", lookup_error} : ConnectFailure{"connect", error};
}

// For what libevent has not got to.
void HttpClient::FailToConnect(const char* syscall, int error) {
  m_failure = {syscall, error};
  const EventBase::BusyScope busy(base());
  if (!RetryConnect()) EndAllUnconnected();
}

bool HttpClient::RetryConnect() {
  m_connected = false;
  m_sentinel.reset();
  if (m_shut || (m_settings.retries >= 0 && m_tries >= m_settings.retries)) return false;
  double pause_ms = m_settings.retry_pause_ms;
  for (int i = 0; i < m_tries && pause_ms < kMaxPauseMs; ++i) pause_ms *= 2;
  ++m_tries;
  if (m_retry == nullptr) m_retry = evtimer_new(base().base(), OnRetry, this);
  const auto pause = TimevalFromMs(std::min(pause_ms, kMaxPauseMs));
  if (m_retry == nullptr || !pause || event_add(m_retry, &*pause) != 0) return false;
  m_waiting_for_retry = true;
  return true;
}

void HttpClient::OnRetry(evutil_socket_t, short, void* arg) {
  HttpClient& self = *static_cast<HttpClient*>(arg);
  const EventBase::BusyScope busy(self.base());
  if (self.m_current == nullptr || self.m_shut) return;
  self.m_waiting_for_retry = false;
  self.m_starting = true;
  self.Try();
  self.m_starting = false;
  self.StartNext();
}

void HttpClient::EndAllUnconnected() {
  // Those that the callbacks make are not among them, and get a connection of their own.
  std::vector<EvHttpRequest*> all(m_waiting.begin(), m_waiting.end());
  if (m_current != nullptr) all.insert(all.begin(), m_current);
  const bool was_starting = std::exchange(m_starting, true);
  for (EvHttpRequest* const request : all) {
    if (m_shut) break;
    if (request == m_current || std::find(m_waiting.begin(), m_waiting.end(), request) != m_waiting.end()) {
      request->EndUnconnected();
    }
  }
  m_starting = was_starting;
  EndIfUnused();
  StartNext();
}

void HttpClient::Drop() {
  m_current = nullptr;
  m_upload.Abandon();
  Renew();
  TellClosed();
}

void HttpClient::NoteReply(EvHttpRequest& request) {
  // What a server sends beyond its reply would be taken for the next one.
  const bool more = m_connected && evbuffer_get_length(bufferevent_get_input(stream())) > 0;
  if (!m_connected || (!more && !m_upload.truncated())) return;
  request.AwaitEnd();
  Drop();
}

bool HttpClient::Remove(EvHttpRequest& request) {
  if (m_current != &request) {
    std::erase(m_waiting, &request);
    return false;
  }
  m_current = nullptr;
  m_upload.Abandon();
  if (m_waiting_for_retry) {
    event_del(m_retry);
    m_waiting_for_retry = false;
  }
  return true;
}

void HttpClient::Shut() {
  if (m_shut) return;
  m_shut = true;
  while (m_handle.live() && !m_waiting.empty()) {
    EvHttpRequest* const last = m_waiting.back();
    m_waiting.pop_back();
    last->Fail();
  }
  if (m_handle.live() && m_current != nullptr) m_current->Fail();
  if (m_handle.live() && !m_closing && m_connected) TellClosed();
}

}  // namespace bitcoin_support
