#include "http/http_client.h"

#include <event2/buffer.h>
#include <event2/bufferevent_struct.h>
#include <event2/event_struct.h>
#include <event2/http.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "http/client_connection.h"
#include "http/client_socket.h"
#include "http/flag_scope.h"
#include "http/outgoing_request.h"
#include "libevent/catch_bad_alloc.h"
#include "libevent/internal_event.h"
#include "libevent/memory_reserve.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "net/direct_io.h"
#include "net/dns_lookup.h"
#include "net/no_delay.h"

namespace bitcoin_support {
namespace {

// libevent's own bound on the pause between two tries.
constexpr double kMaxPauseMs = 3600'000;

// Of a reply's head, unless another limit is set: libevent has none.
constexpr size_t kMaxHead = 64 * 1024;

std::string NumericAddress(const SocketTarget& target) {
  char text[NI_MAXHOST] = "";
  getnameinfo(reinterpret_cast<const sockaddr*>(&target.address), target.length, text, sizeof text, nullptr,
              0, NI_NUMERICHOST);
  return text;
}

}  // namespace

HttpClient::HttpClient(ClientConnection& handle, ClientSettings settings)
    : m_handle(handle), m_settings(std::move(settings)), m_upload(*this) {
  MemoryReserve::Require();
  Open();
  if (m_connection == nullptr) {
    ThrowEventError(handle.env(), code::kLibevent, "evhttp_connection_base_new failed");
  }
}

HttpClient::~HttpClient() {
  StopConnecting();
  m_sentinel.reset();  // its descriptor goes with the connection
  if (m_connect_deadline != nullptr) event_free(m_connect_deadline);
  if (m_retry != nullptr) event_free(m_retry);
  if (m_connection != nullptr) {
    evhttp_connection_set_closecb(m_connection, nullptr, nullptr);
    m_gate.reset();
    evhttp_connection_free(m_connection);
  }
  if (m_settings.fd >= 0) close(m_settings.fd);
}

EventBase& HttpClient::base() const { return m_handle.base(); }

bufferevent* HttpClient::stream() const { return evhttp_connection_get_bufferevent(m_connection); }

// --- the connection ----------------------------------------------------------------------------------

void HttpClient::Enter(Phase phase) {
  const Phase before = std::exchange(m_phase, phase);
  if (before == phase) return;
  if (before == Phase::kConnecting) StopConnecting();
  if (before == Phase::kPausing) event_del(m_retry);
  if (before == Phase::kConnected) m_sentinel.reset();
}

// Does work for the current request, in a callback from C or on its behalf. When memory runs out, the request
// fails.
template <class Work>
void HttpClient::DoOrFail(Work work) noexcept {
  CatchBadAlloc(work, [this] {
    if (m_current != nullptr) m_current->Fail(EVREQ_HTTP_BUFFER_ERROR);
  });
}

// Sets m_connection to null when that fails.
void HttpClient::Open() noexcept {
  const bool reuses = (m_settings.flags & EVHTTP_CON_REUSE_CONNECTED_ADDR) != 0 && m_known_target;
  m_connection = nullptr;
  const auto open = [&] {
    // libevent only reports this host as its peer: it never connects there.
    const std::string host = reuses                    ? NumericAddress(*m_known_target)
                             : m_settings.host.empty() ? "localhost"
                                                       : m_settings.host;
    m_connection = evhttp_connection_base_new(base().base(), nullptr, host.c_str(), m_settings.port);
    if (m_connection == nullptr) return;
    ReplyGate::Owner& owner = *this;
    m_gate = std::make_unique<ReplyGate>(stream(), m_limits, owner);
  };
  CatchBadAlloc(open, [this] {
    if (m_connection != nullptr) evhttp_connection_free(std::exchange(m_connection, nullptr));
  });
  if (m_connection == nullptr) return;
  m_unused = true;
  UseLargePieces(stream());
  evhttp_connection_set_closecb(m_connection, OnClosed, this);
  Apply();
}

void HttpClient::Apply() {
  // It connects to the placeholder: see HandOverWith().
  evhttp_connection_set_flags(m_connection, m_settings.flags | EVHTTP_CON_REUSE_CONNECTED_ADDR);
  m_limits.head = m_settings.max_headers && *m_settings.max_headers >= 0
                      ? static_cast<size_t>(*m_settings.max_headers)
                      : kMaxHead;
  if (m_settings.max_headers) evhttp_connection_set_max_headers_size(m_connection, *m_settings.max_headers);
  if (m_settings.max_body) evhttp_connection_set_max_body_size(m_connection, *m_settings.max_body);
  if (connected()) SetPhaseTimeouts();
}

void HttpClient::SetPhaseTimeouts() {
  // While the request is being sent no answer is expected.
  bufferevent_set_timeouts(stream(), m_upload.active() ? nullptr : m_settings.read_timeout.get(),
                           m_settings.write_timeout.get());
}

void HttpClient::Renew() {
  m_handle.EndBufferevent();
  Enter(Phase::kIdle);
  evhttp_connection* const old = m_connection;
  Open();
  if (m_connection == nullptr) {
    m_connection = old;
    return;
  }
  evhttp_connection_set_closecb(old, nullptr, nullptr);
  base().WhenIdle([old] { evhttp_connection_free(old); });
}

void HttpClient::OnClosed(evhttp_connection*, void* arg) {
  HttpClient& self = *static_cast<HttpClient*>(arg);
  self.Enter(Phase::kIdle);
  if (self.m_closing || !self.m_handle.live()) return;
  const EventBase::BusyScope busy(self.base());
  self.m_upload.Abandon();
  // libevent is about to end that request.
  if (self.m_current != nullptr) self.m_current->AwaitEnd();
  self.ReportClosed();
  if (self.m_current == nullptr) {
    self.EndIfUnused();
    self.StartNext();
  }
}

void HttpClient::ReportClosed() {
  const FlagScope closing(m_closing);
  m_handle.env().callbacks().Call(base(), JsCallback::kConnectionClose, {m_handle.number()});
}

void HttpClient::EndIfUnused() {
  if (m_life != Life::kEndsWhenUnused || connected() || m_current != nullptr || !m_waiting.empty()) return;
  const Environment::EndScope ends(m_handle.env(), EndReason::kConnectionClosed);
  m_handle.Dispose();
}

// --- requests ----------------------------------------------------------------------------------------

void HttpClient::Make(OutgoingRequest& request) {
  m_waiting.push_back(&request);
  StartNext();
}

void HttpClient::StartNext() {
  // A request that fails at once calls this again.
  if (m_starting) return;
  const FlagScope starting(m_starting);
  while (!shut() && !m_closing && m_current == nullptr && !m_waiting.empty()) {
    OutgoingRequest& next = *m_waiting.front();
    m_waiting.pop_front();
    DoOrFail([&] { Start(next); });
  }
}

void HttpClient::Start(OutgoingRequest& request) {
  m_current = &request;
  m_tries = 0;
  Try();
}

void HttpClient::Try() {
  m_failure = {};
  if (connected()) {
    HandOver();
    return;
  }
  if (!m_unused) Renew();
  if (m_settings.host.empty()) {
    const bool is_unix = !m_settings.unix_path.empty();
    const int fd = is_unix ? ConnectUnix(m_settings.unix_path) : std::exchange(m_settings.fd, -1);
    if (fd < 0) {
      FailToConnect("connect", is_unix ? errno : ENOTCONN);
    } else {
      SetNoDelay(fd);
      HandOverWith(fd, nullptr);
    }
    return;
  }
  Enter(Phase::kConnecting);
  if (const timeval* const limit = m_settings.connect_timeout.get()) {
    if (m_connect_deadline == nullptr) {
      m_connect_deadline = evtimer_new(base().base(), OnConnectDeadline, this);
    }
    if (m_connect_deadline == nullptr || event_add(m_connect_deadline, limit) != 0) {
      FailToConnect("connect", ENOMEM);
      return;
    }
  }
  LookUp();
}

// --- connecting --------------------------------------------------------------------------------------

// An address needs no lookup. Without a resolver a name is looked up by the system, which blocks.
void HttpClient::LookUp() {
  if ((m_settings.flags & EVHTTP_CON_REUSE_CONNECTED_ADDR) != 0 && m_known_target) {
    ConnectTo({*m_known_target});
    return;
  }
  const std::string service = std::to_string(m_settings.port);
  evutil_addrinfo hints{};
  hints.ai_family = m_settings.family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_protocol = IPPROTO_TCP;
  hints.ai_flags = AI_NUMERICHOST;
  evutil_addrinfo* found = nullptr;
  int result = getaddrinfo(m_settings.host.c_str(), service.c_str(), &hints, &found);
  if (result == EAI_NONAME) {
    hints.ai_flags = 0;
    if (m_settings.dns != nullptr) {
      // A lookup that has ended already has called OnLookedUp().
      DnsLookup* const lookup = DnsLookup::InLoopFor(*m_settings.dns, m_settings.host, service, hints, *this);
      if (lookup != nullptr) m_lookup = lookup;
      return;
    }
    result = evutil_getaddrinfo(m_settings.host.c_str(), service.c_str(), &hints, &found);
  }
  OnLookedUp(result, found);
  if (found != nullptr) evutil_freeaddrinfo(found);
}

void HttpClient::OnLookedUp(int result, const evutil_addrinfo* found) {
  const EventBase::BusyScope busy(base());
  m_lookup = nullptr;
  DoOrFail([&] {
    std::vector<SocketTarget> targets = TargetsOf(found);
    if (result == 0 && !targets.empty()) {
      ConnectTo(std::move(targets));
      return;
    }
    m_failure = {ClientFailure::Kind::kLookup, "getaddrinfo", result != 0 ? result : EVUTIL_EAI_NODATA};
    if (!RetryConnect()) m_current->Fail(EVREQ_HTTP_EOF);
  });
}

void HttpClient::ConnectTo(std::vector<SocketTarget> targets) {
  SocketConnector::Owner& owner = *this;
  m_connector = std::make_unique<SocketConnector>(base(), owner, std::move(targets), m_settings.local_address,
                                                  m_settings.local_port);
  if (!m_connector->Start()) FailToConnect("connect", errno);
}

void HttpClient::StopConnecting() {
  if (m_lookup != nullptr) std::exchange(m_lookup, nullptr)->Abandon();
  m_connector.reset();
  if (m_connect_deadline != nullptr) event_del(m_connect_deadline);
}

void HttpClient::OnConnected(int fd, const SocketTarget& target) {
  m_known_target = target;
  {
    const FlagScope starting(m_starting);
    HandOverWith(fd, &target);
  }
  StartNext();
}

// A connect() that fails, but not by a refusal or a timeout, ends the current request alone. All else ends
// the requests that wait, too. So does libevent.
void HttpClient::OnConnectFailed(const char* syscall, int error) {
  const bool tried = std::string_view(syscall) == "connect" && error != ECONNREFUSED && error != ETIMEDOUT;
  if (!tried) {
    FailToConnect(syscall, error);
    return;
  }
  m_failure = {ClientFailure::Kind::kConnect, syscall, error};
  if (!RetryConnect()) m_current->Fail(EVREQ_HTTP_EOF);
}

void HttpClient::OnConnectDeadline(evutil_socket_t, short, void* arg) {
  HttpClient& self = *static_cast<HttpClient*>(arg);
  self.FailToConnect({ClientFailure::Kind::kConnectTimeout,
                      self.m_lookup != nullptr ? "getaddrinfo" : "connect", ETIMEDOUT});
}

// From here on the gate reads the reply as this request's.
int HttpClient::GiveToLibevent(OutgoingRequest& request) {
  using Asked = HttpReplyParser::Asked;
  const int command = request.command();
  m_gate->Expect(command == EVHTTP_REQ_HEAD      ? Asked::kHead
                 : command == EVHTTP_REQ_CONNECT ? Asked::kConnect
                                                 : Asked::kOther,
                 request.AsksForUpgrade());
  m_ends_after_reply = false;
  return request.HandToLibevent(m_connection);
}

// libevent is about to read the input, which is empty now. So it gets the error later.
void HttpClient::OnWrongReply() {
  m_failure = {ClientFailure::Kind::kReply, "", 0, m_gate->fault()};
  if (m_current != nullptr) m_current->NoteWrongReply();
  bufferevent_trigger_event(stream(), BEV_EVENT_READING | BEV_EVENT_ERROR, BEV_TRIG_DEFER_CALLBACKS);
}

// Gives libevent the current request, for a connection that is there already.
void HttpClient::HandOver() {
  OutgoingRequest& request = *m_current;
  if (request.known_to_c()) ShowToC();
  if (m_sentinel != nullptr) m_sentinel->Add();
  if (GiveToLibevent(request) != 0) {
    FailToConnect("connect", ENOMEM);
  } else if (m_current == &request && connected()) {
    BeginSending();
  }
}

// The same with a connected socket, or a UNIX socket that is connecting. `target` is null without an IP
// address.
void HttpClient::HandOverWith(int fd, const SocketTarget* target) {
  OutgoingRequest& request = *m_current;
  Enter(Phase::kTaking);
  m_unused = false;
  if (request.known_to_c()) ShowToC();
  if (!PointToPlaceholder(m_connection)) {
    const int error = errno;
    close(fd);
    FailToConnect("socket", error);
    return;
  }
  const int result = GiveToLibevent(request);
  if (result != 0) FailToConnect("connect", ENOMEM);
  // If libevent had no descriptor left for the placeholder, it has called back already.
  if (result != 0 || m_current != &request || m_phase != Phase::kTaking) {
    close(fd);
    return;
  }
  bufferevent* const taking = stream();
  bufferevent_getcb(taking, nullptr, nullptr, &m_connect_cb, nullptr);
  bufferevent_setcb(taking, nullptr, nullptr, OnConnectEvent, this);
  bufferevent_set_timeouts(taking, nullptr, nullptr);
  ReplaceSocket(m_connection, fd, target);
}

void HttpClient::OnConnectEvent(bufferevent* taking, short what, void* arg) {
  const int error = errno;
  HttpClient& self = *static_cast<HttpClient*>(arg);
  const EventBase::BusyScope busy(self.base());
  if ((what & BEV_EVENT_CONNECTED) != 0) {
    self.Enter(Phase::kConnected);
  } else {
    self.m_failure = {ClientFailure::Kind::kConnect, "connect", error};
  }
  evhttp_connection* const connection = self.m_connection;
  errno = error;
  self.m_connect_cb(taking, what, connection);
  if (!self.connected() || self.m_connection != connection) return;
  self.m_tries = 0;
  self.SetPhaseTimeouts();
  self.SpareCalls();
  if (self.m_current != nullptr) self.BeginSending();
}

// The sentinel spares an epoll_ctl, as that of ServerConnection::BeginRequest() does. Without memory for it
// the calls are made.
void HttpClient::SpareCalls() {
  if (m_known_to_c) return;
  if (!m_handle.limited()) UseDirectIo(stream(), Pieces::kApart);
  const auto watch = [this] {
    m_sentinel = std::make_unique<InternalEvent>(base().base(), bufferevent_getfd(stream()),
                                                 EV_READ | EV_PERSIST, OnReadable, this);
    m_sentinel->Add();
  };
  CatchBadAlloc(watch, [] {});
}

// evhttp will read what has come when it is ready. Until then this event must not fire again and again.
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

// The socket nearly always has room for a whole request, and to poll it first costs more than to send.
// Requests made in one turn are sent together at its end, so that the server wakes once for them.
void HttpClient::SendSoon() {
  event* const write = &stream()->ev_write;
  if (event_pending(write, EV_WRITE, nullptr) != 0) event_active(write, EV_WRITE, 1);
}

void HttpClient::NoteFailure() {
  const int error = errno;
  if (m_phase != Phase::kTaking || m_failure.kind != ClientFailure::Kind::kNone) return;
  m_failure = {ClientFailure::Kind::kConnect, "connect", error};
}

void HttpClient::NoteTimeout(bool writing) {
  if (m_failure.kind != ClientFailure::Kind::kNone) return;
  m_failure = {writing ? ClientFailure::Kind::kWriteTimeout : ClientFailure::Kind::kReadTimeout};
}

void HttpClient::FailToConnect(const char* syscall, int error) {
  FailToConnect({ClientFailure::Kind::kConnect, syscall, error});
}

// For failures before libevent is given the request.
void HttpClient::FailToConnect(const ClientFailure& failure) {
  m_failure = failure;
  const EventBase::BusyScope busy(base());
  if (!RetryConnect()) EndAllUnconnected();
}

bool HttpClient::RetryConnect() {
  Enter(Phase::kIdle);
  if (shut() || (m_settings.retries >= 0 && m_tries >= m_settings.retries)) return false;
  double pause_ms = m_settings.retry_pause_ms;
  for (int i = 0; i < m_tries && pause_ms < kMaxPauseMs; ++i) pause_ms *= 2;
  ++m_tries;
  if (m_retry == nullptr) m_retry = evtimer_new(base().base(), OnRetry, this);
  const auto pause = TimevalFromMs(std::min(pause_ms, kMaxPauseMs));
  if (m_retry == nullptr || !pause || event_add(m_retry, &*pause) != 0) return false;
  Enter(Phase::kPausing);
  return true;
}

void HttpClient::OnRetry(evutil_socket_t, short, void* arg) {
  HttpClient& self = *static_cast<HttpClient*>(arg);
  const EventBase::BusyScope busy(self.base());
  if (self.m_current == nullptr || self.shut()) return;
  self.Enter(Phase::kIdle);
  {
    const FlagScope starting(self.m_starting);
    self.DoOrFail([&] { self.Try(); });
  }
  self.StartNext();
}

void HttpClient::EndAllUnconnected() {
  DoOrFail([&] {
    // Requests that the callbacks make are not among them. They get a connection of their own.
    std::vector<OutgoingRequest*> all(m_waiting.begin(), m_waiting.end());
    if (m_current != nullptr) all.insert(all.begin(), m_current);
    const FlagScope starting(m_starting);
    for (OutgoingRequest* const request : all) {
      if (shut()) break;
      if (request == m_current || std::find(m_waiting.begin(), m_waiting.end(), request) != m_waiting.end()) {
        request->EndUnconnected();
      }
    }
  });
  EndIfUnused();
  StartNext();
}

void HttpClient::Drop() {
  m_current = nullptr;
  m_upload.Abandon();
  Renew();
  ReportClosed();
}

void HttpClient::NoteReply(OutgoingRequest& request) {
  // Bytes beyond the reply would be read as the next one. libevent recognizes a Connection field only if it
  // is `close` alone.
  const bool more = connected() && evbuffer_get_length(bufferevent_get_input(stream())) > 0;
  if (!connected() || (!more && !m_upload.truncated() && !m_ends_after_reply)) return;
  request.AwaitEnd();
  Drop();
}

bool HttpClient::Remove(OutgoingRequest& request) {
  if (m_current != &request) {
    std::erase(m_waiting, &request);
    return false;
  }
  m_current = nullptr;
  m_upload.Abandon();
  if (m_phase == Phase::kConnecting || m_phase == Phase::kPausing) Enter(Phase::kIdle);
  return true;
}

void HttpClient::Shut() {
  if (shut()) return;
  m_life = Life::kShut;
  while (m_handle.live() && !m_waiting.empty()) {
    OutgoingRequest* const last = m_waiting.back();
    m_waiting.pop_back();
    last->Fail();
  }
  if (m_handle.live() && m_current != nullptr) m_current->Fail();
  if (m_handle.live() && !m_closing && connected()) ReportClosed();
}

}  // namespace bitcoin_support
