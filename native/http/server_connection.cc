#include "http/server_connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#ifdef __linux__
#include <sys/sendfile.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "http/ev_http.h"
#include "http/flag_scope.h"
#include "http/incoming_request.h"
#include "http/server_connection_view.h"
#include "http/server_connections.h"
#include "loop/event_base.h"
#include "napi/environment.h"
#include "net/direct_io.h"

namespace bitcoin_support {
namespace {

// A reply up to this size fits into the socket's buffer. A longer one waits for the peer.
constexpr size_t kSlowReplyBytes = 16 * 1024;

// How many pieces of the output are sent together with a part that follows them.
constexpr int kMostPieces = 16;

// A peer that has closed its side may still wait for the answer. An event with this timeout keeps the base
// alive.
constexpr timeval kHoldInterval{3600, 0};

enum class Peer {
  kThere,
  kClosedItsSide,  ///< and may be waiting for the answer
  kGone,           ///< nothing that is sent would arrive
};

// libevent reports a reset as readable, as it does data, and data may still come before the reset.
Peer LookAtPeer(int fd, int what) {
#if defined(POLLRDHUP)
  pollfd state{fd, POLLRDHUP, 0};
#else
  pollfd state{fd, 0, 0};
#endif
  if (poll(&state, 1, 0) > 0) {
    if ((state.revents & (POLLERR | POLLHUP)) != 0) return Peer::kGone;
    if (state.revents != 0) return Peer::kClosedItsSide;
  }
  return (what & EV_CLOSED) != 0 ? Peer::kClosedItsSide : Peer::kThere;
}

// C expects libevent to send no body in reply to HEAD, but libevent does send it.
void DropBody(evbuffer* body, const evbuffer_cb_info* info, void*) {
  if (info->n_added > 0) evbuffer_drain(body, evbuffer_get_length(body));
}

}  // namespace

ServerConnection::ServerConnection(EventBase& base, evhttp_connection* connection, EvHttp& server)
    : m_base(base), m_connection(connection), m_server(server) {
  bufferevent* const bev = evhttp_connection_get_bufferevent(connection);
  if (server.strict()) m_gate = std::make_unique<RequestGate>(base, bev, server.rules(), *this);
  m_cut_event = event_new(base.base(), -1, 0, OnCut, this);
  if (m_cut_event == nullptr) throw std::bad_alloc();
  UseLargePieces(bev);
  evhttp_connection_set_closecb(connection, OnClose, this);
  m_server.ConnectionOpened();
}

ServerConnection::~ServerConnection() {
  StopAwaiting();
  event_free(m_cut_event);
  if (m_sentinel != nullptr) event_free(m_sentinel);
  if (m_pause != nullptr) event_free(m_pause);
  if (m_body_event != nullptr) event_free(m_body_event);
  m_server.ConnectionClosed();
}

void ServerConnection::BeginRequest(IncomingRequest& handle) {
  m_handle = &handle;
  m_in_flight = handle.request();
  Enter(State::kHandling);
  evhttp_request_set_on_complete_cb(m_in_flight, OnComplete, this);
  if (m_known_to_c) {
    ShowToC();
    evhttp_connection_set_closecb(m_connection, OnClose, this);
    if (m_sentinel != nullptr) event_add(m_sentinel, nullptr);
  }
  if (m_sentinel != nullptr) return;
  // evhttp stops and starts reading at each request, which costs an epoll_ctl. With another event that
  // reads on the descriptor the kernel is not asked; and the same event notices a peer that goes away
  // while a request waits for its answer.
  bufferevent* const bev = evhttp_connection_get_bufferevent(m_connection);
  const int fd = bufferevent_getfd(bev);
  m_sentinel = event_new(m_base.base(), fd, EV_READ | EV_CLOSED | EV_PERSIST, OnReadable, this);
  if (m_sentinel != nullptr) event_add(m_sentinel, nullptr);
  if (!m_known_to_c && (m_view == nullptr || !m_view->limited())) UseDirectIo(bev, Pieces::kApart);
}

// When evhttp reads by itself there is nothing to do. It does not read while a request waits for its answer,
// nor while a long answer is written. Then either the peer has gone, or it has sent its next request early.
void ServerConnection::OnReadable(evutil_socket_t fd, short what, void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  bufferevent* const bev = evhttp_connection_get_bufferevent(self.m_connection);
  if ((bufferevent_get_enabled(bev) & EV_READ) != 0) return;
  const EventBase::BusyScope busy(self.m_base);
  event_del(self.m_sentinel);
  const Peer peer = LookAtPeer(fd, what);
  if (peer == Peer::kGone) {
    self.Cut();
  } else if (peer == Peer::kClosedItsSide) {
    self.ReportPeerClosed();
  } else if (self.m_state != State::kReplying && !self.streams() && !self.m_known_to_c) {
    // The data stays in the socket, so from here on only a change may wake us. A reset is one, but is no
    // EV_CLOSED. libevent allows no edge-triggered event beside a write event, but then the write finds the
    // reset.
    const bool edges = (event_base_get_features(self.m_base.base()) & EV_FEATURE_ET) != 0;
    self.Await(edges ? EV_READ | EV_CLOSED | EV_ET | EV_PERSIST : EV_CLOSED, OnEdge, nullptr);
  }
}

void ServerConnection::OnEdge(evutil_socket_t fd, short what, void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  const EventBase::BusyScope busy(self.m_base);
  const Peer peer = LookAtPeer(fd, what);
  if (peer == Peer::kGone) {
    self.StopAwaiting();
    self.Cut();
  } else if (peer == Peer::kClosedItsSide) {
    self.ReportPeerClosed();
  }
}

void ServerConnection::ReportPeerClosed() {
  Await(EV_PERSIST, [](evutil_socket_t, short, void*) {}, &kHoldInterval);
  if (m_handle == nullptr) return;
  m_base.env().callbacks().Call(m_base, JsCallback::kDisconnect, {m_handle->number(), 0});
}

void ServerConnection::Await(short what, event_callback_fn callback, const timeval* timeout) {
  StopAwaiting();
  const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection));
  m_awaited = event_new(m_base.base(), timeout == nullptr ? fd : -1, what, callback, this);
  if (m_awaited != nullptr) event_add(m_awaited, timeout);
}

void ServerConnection::StopAwaiting() {
  if (m_awaited == nullptr) return;
  event_free(m_awaited);
  m_awaited = nullptr;
}

void ServerConnection::Enter(State state) {
  const State before = std::exchange(m_state, state);
  switch (state) {
    case State::kIdle:
      if (m_pause != nullptr) event_del(m_pause);
      m_in_flight = nullptr;
      m_wants_body = false;
      StopWaitingForReply();
      break;
    case State::kReplying:
      StopWaitingForReply();
      break;
    case State::kStreaming:
      if (before != State::kWritingPart) StopWaitingForReply();
      break;
    case State::kInC:
      if (m_sentinel != nullptr) event_del(m_sentinel);
      break;
    case State::kHandling:
    case State::kWritingPart:
    case State::kLeftToC:
      break;
  }
}

// While no reply has begun the connection is watched for the peer's end, and the body may be read.
void ServerConnection::StopWaitingForReply() {
  StopAwaiting();
  StopReadingBody();
}

void ServerConnection::BeginReply(ReplyKind kind) {
  m_reports_parts = false;
  Enter(kind == ReplyKind::kWhole ? State::kReplying : State::kStreaming);
}

evbuffer* ServerConnection::output() const {
  return bufferevent_get_output(evhttp_connection_get_bufferevent(m_connection));
}

size_t ServerConnection::queued() const { return evbuffer_get_length(output()); }

bool ServerConnection::OutputIsFull() const { return queued() > m_server.rules().max_output; }

ServerConnection::Written ServerConnection::WriteNow(std::string_view head, std::string_view body) {
  const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection));
  const size_t all = head.size() + body.size();
  const std::string_view part = body.substr(0, kMostWritten);
  const size_t wanted = head.size() + part.size();
  ssize_t written = 0;
  if (part.empty()) {
    written = send(fd, head.data(), head.size(), 0);
  } else {
    iovec pieces[] = {{const_cast<char*>(head.data()), head.size()},
                      {const_cast<char*>(part.data()), part.size()}};
    written = writev(fd, pieces, 2);
  }
  const auto bytes = static_cast<size_t>(std::max<ssize_t>(written, 0));
  return {bytes == all ? Sent::kAll : bytes < wanted && bytes > 0 ? Sent::kFull : Sent::kSome, bytes};
}

bool ServerConnection::MayWritePartNow() const {
  return m_written_keys.empty() && !m_known_to_c && (m_view == nullptr || !m_view->limited());
}

ServerConnection::Written ServerConnection::WritePartNow(std::string_view head, std::string_view body,
                                                         std::string_view tail) {
  evbuffer* const before = output();
  const size_t queued_bytes = evbuffer_get_length(before);
  std::array<iovec, kMostPieces + 3> pieces;
  const int there =
      evbuffer_peek(before, static_cast<ev_ssize_t>(queued_bytes), nullptr, pieces.data(), kMostPieces);
  // libevent writes it when it has so many parts.
  if (there > kMostPieces) return {};
  auto count = static_cast<size_t>(there);
  for (const std::string_view piece : {head, body, tail}) {
    if (!piece.empty()) pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  const size_t all = queued_bytes + head.size() + body.size() + tail.size();
  const ssize_t sent = writev(bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection)),
                              pieces.data(), static_cast<int>(count));
  if (sent <= 0) return {sent < 0 && errno == EAGAIN ? Sent::kFull : Sent::kSome, 0};
  const auto bytes = static_cast<size_t>(sent);
  m_part_bytes += bytes;
  const size_t drained = std::min(bytes, queued_bytes);
  if (drained > 0) {
    evbuffer_unfreeze(before, 1);
    evbuffer_drain(before, drained);
    evbuffer_freeze(before, 1);
  }
  if (bytes == all) {
    if (writes_part()) Enter(State::kStreaming);
    return {Sent::kAll, bytes - drained};
  }
  return {Sent::kFull, bytes - drained};
}

ssize_t ServerConnection::SendFileNow(int file, off_t offset, size_t length) {
#ifdef __linux__
  const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection));
  const ssize_t sent = sendfile(fd, file, &offset, std::min(length, kMostWritten));
  if (sent > 0) m_part_bytes += static_cast<size_t>(sent);
  return sent;
#else
  // The others' calls differ from it, and from each other.
  errno = ENOSYS;
  return -1;
#endif
}

bool ServerConnection::PausesParts() { return m_part_bytes >= kMostWritten && PauseUntilWritable(); }

bool ServerConnection::PauseUntilWritable() {
  if (m_pause == nullptr) {
    m_pause = event_new(m_base.base(), bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection)),
                        EV_WRITE, OnPauseOver, this);
  }
  return m_pause != nullptr && event_add(m_pause, &m_server.rules().read_timeout) == 0;
}

void ServerConnection::OnPauseOver(evutil_socket_t fd, short what, void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  if ((what & EV_TIMEOUT) != 0 || LookAtPeer(fd, 0) == Peer::kGone) {
    self.Cut();
    return;
  }
  // Of the reply's head libevent does not report that it has been written.
  if (!self.m_reports_parts) self.FlushNow();
  if (!self.HasOutput()) {
    self.ReportWritten(true);
  } else if (!self.m_reports_parts && !self.PauseUntilWritable()) {
    self.Cut();
  }
}

void ServerConnection::FlushSoon(Sent sent) {
  bufferevent* const bev = evhttp_connection_get_bufferevent(m_connection);
  // The peer's end must not overtake a request that came before it.
  const bool more_waits =
      evbuffer_get_length(bufferevent_get_input(bev)) > 0 || (m_gate != nullptr && m_gate->has_more());
  const bool body_comes = m_gate != nullptr && m_gate->body_state() == RequestGate::Body::kUnderWay;
  if (streams() || more_waits || body_comes ||
      evbuffer_get_length(bufferevent_get_output(bev)) > kSlowReplyBytes) {
    // evhttp reads while it writes, to notice a close. A long reply must not end because the peer has closed
    // its own side, nor by the read timeout, and what the peer sends meanwhile must wait. evhttp reads again
    // when all is written.
    bufferevent_disable(bev, EV_READ);
  }
  // The socket is nearly always writable. Marking it so spares a round through the kernel, and with
  // the change list the two epoll_ctl calls that would ask for it; if it is full, libevent's write
  // finds out and waits as usual.
  if (sent != Sent::kFull) event_base_active_by_fd(m_base.base(), bufferevent_getfd(bev), EV_WRITE);
}

void ServerConnection::FlushNow() {
  if (!HasOutput()) return;
  evbuffer_unfreeze(output(), 1);
  evbuffer_write(output(), bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection)));
  evbuffer_freeze(output(), 1);
}

void ServerConnection::Cut() noexcept {
  if (std::exchange(m_life, Life::kCut) == Life::kCut) return;
  ServerConnections& connections = m_base.env().State<ServerConnections>();
  // Look the connection up again: its address may have been reused.
  const auto free = [&connections, connection = m_connection] {
    ServerConnection* const self = connections.Find(connection);
    if (self == nullptr || self->m_life != Life::kCut) return;
    self->LeaveRequestToC();
    evhttp_connection_free(connection);
  };
  // While libevent frees the request, C may have called it without a BusyScope. Then an event frees the
  // connection, and also when there is no memory to wait until the base is idle.
  if (m_in_free || !m_base.WhenIdle(free)) event_active(m_cut_event, 0, 0);
}

void ServerConnection::OnWritten(evhttp_connection*, void* arg) {
  static_cast<ServerConnection*>(arg)->ReportWritten(true);
}

void ServerConnection::ReportWritten(bool written) {
  const EventBase::BusyScope busy(m_base);
  if (m_state == State::kWritingPart) Enter(State::kStreaming);
  m_part_bytes = 0;
  for (const double key : std::exchange(m_written_keys, {})) {
    m_base.env().callbacks().Call(m_base, JsCallback::kChunkWritten, {key, written ? 1.0 : 0.0});
  }
}

void ServerConnection::ReportComplete(bool written) {
  const double key = std::exchange(m_complete_key, 0);
  if (key == 0) return;
  m_base.env().callbacks().Call(m_base, JsCallback::kRequestComplete, {key, written ? 1.0 : 0.0});
}

// The reply has been written; libevent frees the request as soon as this returns.
void ServerConnection::OnComplete(evhttp_request*, void* arg) {
  static_cast<ServerConnection*>(arg)->CompleteRequest(true);
}

void ServerConnection::CompleteRequest(bool written) {
  EventBase& base = m_base;
  const Environment::EndScope ends(base.env(), written ? EndReason::kReplied : EndReason::kConnectionClosed);
  const EventBase::BusyScope busy(base);
  m_request_watch.Stop();
  ReportWritten(written);
  // libevent has answered by itself after an error, or C has.
  if (m_handle != nullptr) {
    m_handle->LoseConnection();
    if (!written) base.env().callbacks().Call(base, JsCallback::kDisconnect, {m_handle->number(), 1});
    if (m_handle != nullptr) m_handle->Dispose();
  }
  Enter(State::kIdle);
  if (m_sentinel != nullptr && event_pending(m_sentinel, EV_READ, nullptr) == 0)
    event_add(m_sentinel, nullptr);
  // evhttp reads the next request, if it has come, when this returns.
  if (m_gate != nullptr && !m_gate->Resume()) Cut();
  ReportComplete(written);
}

// libevent frees the connection as soon as this returns.
void ServerConnection::OnClose(evhttp_connection*, void* arg) {
  static_cast<ServerConnection*>(arg)->Close(true);
}

// A request that JavaScript has not answered is either ours by now (libevent has taken it off the connection)
// or goes with the connection.
void ServerConnection::Close(bool connection_there) {
  EventBase& base = m_base;
  const Environment::EndScope ends(base.env(), EndReason::kConnectionClosed);
  const EventBase::BusyScope busy(base);
  evhttp_request* const request = m_in_flight;
  bool outlives = false;
  m_connection_watch.Stop();
  if (m_gate != nullptr) m_gate->BreakBody();
  OnBody();
  if (m_handle != nullptr) {
    m_handle->LoseConnection();
    base.env().callbacks().Call(base, JsCallback::kDisconnect, {m_handle->number(), 1});
    if (m_handle != nullptr) outlives = m_handle->OutliveConnection();
  }
  m_request_watch.Stop();
  if (outlives) {
    // The handle owns the request now.
  } else if (in_c()) {
    EndHoldInC();
  } else if (request != nullptr && evhttp_request_get_connection(request) == nullptr) {
    evhttp_request_free(request);
  }
  ReportWritten(false);
  Enter(State::kIdle);
  ReportComplete(false);
  if (m_view != nullptr) m_view->OnClosed(connection_there);
  base.env().State<ServerConnections>().Remove(m_connection);
}

// --- the request's body, when it is streamed -------------------------------------------------------------

// evhttp has the request, and must not read meanwhile. So we read the socket here, only as long as the
// handler takes what comes. The rest stays with the peer.
void ServerConnection::WantBody() {
  m_wants_body = true;
  if (reads_body()) return;
  m_gate->InviteBody();
  StopAwaiting();
  if (m_sentinel != nullptr) event_del(m_sentinel);
  if (m_body_event == nullptr) {
    const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection));
    m_body_event = event_new(m_base.base(), fd, EV_READ | EV_PERSIST, OnBodyReadable, this);
    if (m_body_event == nullptr) return Cut();
  }
  event_add(m_body_event, &m_server.rules().read_timeout);
}

bool ServerConnection::reads_body() const {
  return m_body_event != nullptr && event_pending(m_body_event, EV_READ, nullptr) != 0;
}

void ServerConnection::StopReadingBody() {
  if (!reads_body()) return;
  event_del(m_body_event);
  if (m_sentinel != nullptr) event_add(m_sentinel, nullptr);
}

void ServerConnection::OnBodyReadable(evutil_socket_t fd, short what, void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  const EventBase::BusyScope busy(self.m_base);
  RequestGate& gate = *self.m_gate;
  if ((what & EV_TIMEOUT) != 0) {
    gate.BreakBody();
  } else {
    gate.ReadBody(fd);
  }
  if (gate.body_state() != RequestGate::Body::kUnderWay || gate.body_is_full()) self.StopReadingBody();
  // JavaScript may end the connection, and this object with it.
  self.OnBody();
}

void ServerConnection::OnBody() {
  if (!m_wants_body || m_handle == nullptr) return;
  const bool some = m_gate->body() != nullptr && evbuffer_get_length(m_gate->body()) > 0;
  if (!some && m_gate->body_state() == RequestGate::Body::kUnderWay) return;
  m_wants_body = false;
  m_base.env().callbacks().Call(m_base, JsCallback::kBodyReadable, {m_handle->number()});
}

// --- C knows the connection, or has its request ----------------------------------------------------------
//
// C may set the callbacks for the end of the request and of the connection, and libevent has only one of
// each. So we watch what libevent frees first of either (of the connection: first after its descriptor).

void ServerConnection::ShowToC() {
  if (!m_known_to_c) {
    char* address = nullptr;
    ev_uint16_t port = 0;
    evhttp_connection_get_peer(m_connection, &address, &port);
    m_connection_watch.Start(address, OnConnectionFreed, this);
    m_known_to_c = true;
    UseLibeventIo(evhttp_connection_get_bufferevent(m_connection));
  }
  if (m_in_flight != nullptr && !m_request_watch.on()) {
    m_request_watch.Start(m_in_flight->remote_host, OnRequestFreed, this);
  }
  // While C's answer waits to be written, libevent would turn an edge-triggered event into a level-triggered
  // one, which fires again and again; in its debug mode libevent would not write the answer at all.
  if (m_awaited != nullptr && event_get_fd(m_awaited) >= 0) StopAwaiting();
}

void ServerConnection::BeginRequestInC(evhttp_request* request) {
  m_in_flight = request;
  ShowToC();
  if (request->type == EVHTTP_REQ_HEAD) {
    evbuffer_add_cb(evhttp_request_get_output_buffer(request), DropBody, nullptr);
  }
  Enter(State::kInC);
}

void ServerConnection::FlushForC() {
  if (in_c() && m_in_flight->userdone != 0 && HasOutput()) FlushSoon();
}

void ServerConnection::LeaveRequestToC() {
  if (!in_c() || m_in_flight->userdone != 0 || evhttp_request_is_owned(m_in_flight) != 0) return;
  evhttp_request_own(m_in_flight);
  Enter(State::kLeftToC);
}

// The connection is being freed. A request that C has answered goes with it; any other stays C's.
void ServerConnection::EndHoldInC() {
  m_request_watch.Stop();
  m_in_flight->evcon = nullptr;
  // C has answered it in its callback for the connection's end.
  if (m_state == State::kLeftToC && m_in_flight->userdone != 0) evhttp_request_free(m_in_flight);
}

// libevent frees the request: its reply has been written, or its connection is being freed.
void ServerConnection::OnRequestFreed(void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  const FlagScope in_free(self.m_in_free);
  if (self.in_c()) {
    self.Enter(State::kIdle);
    if (self.m_gate != nullptr && !self.m_gate->Resume()) self.Cut();
  } else {
    self.CompleteRequest(self.m_in_flight->userdone != 0 && !self.HasOutput());
  }
}

// OnClose() was not called: C has replaced that callback.
void ServerConnection::OnConnectionFreed(void* arg) { static_cast<ServerConnection*>(arg)->Close(false); }

void ServerConnection::OnCut(evutil_socket_t, short, void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  const EventBase::BusyScope busy(self.m_base);
  self.LeaveRequestToC();
  evhttp_connection_free(self.m_connection);
}

}  // namespace bitcoin_support
