#include "http/server_connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <poll.h>
#include <sys/socket.h>

#include <utility>

#include "http/ev_http.h"
#include "http/ev_http_connection.h"
#include "http/ev_http_request.h"
#include "http/server_connections.h"
#include "loop/event_base.h"
#include "napi/environment.h"
#include "net/direct_io.h"

namespace bitcoin_support {
namespace {

// Below this many bytes a reply goes into the socket's buffer at once; above, the peer's speed counts.
constexpr size_t kSlowReplyBytes = 16 * 1024;

// What is written and read at once. libevent's 16 KiB take a turn of the loop for each piece of a long
// message.
constexpr size_t kMaxWrite = 1024 * 1024;
constexpr size_t kMaxRead = 64 * 1024;

// A peer that has closed its side may still be waiting for the answer; this keeps the base pending.
constexpr timeval kHoldInterval{3600, 0};

enum class Peer {
  kThere,
  kClosedItsSide,  ///< and may be waiting for the answer
  kGone,           ///< nothing that is sent would arrive
};

// libevent reports a reset as readable, like data, and data may still lie before it.
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

}  // namespace

ServerConnection::ServerConnection(EventBase& base, evhttp_connection* connection, EvHttp& server)
    : m_base(base), m_connection(connection), m_server(server) {
  bufferevent* const bev = evhttp_connection_get_bufferevent(connection);
  if (server.strict()) m_gate = std::make_unique<RequestGate>(base, bev, server.rules(), *this);
  bufferevent_set_max_single_write(bev, kMaxWrite);
  bufferevent_set_max_single_read(bev, kMaxRead);
  evhttp_connection_set_closecb(connection, OnClose, this);
  m_server.ConnectionOpened();
}

ServerConnection::~ServerConnection() {
  StopAwaiting();
  if (m_cut_event != nullptr) event_free(m_cut_event);
  if (m_sentinel != nullptr) event_free(m_sentinel);
  if (m_body_event != nullptr) event_free(m_body_event);
  m_server.ConnectionClosed();
}

void ServerConnection::BeginRequest(EvHttpRequest& handle) {
  m_handle = &handle;
  m_in_flight = handle.request();
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
  if (!m_known_to_c && (m_view == nullptr || !m_view->limited())) UseDirectIo(bev);
}

// What evhttp reads by itself is none of our business. While a request waits for its answer, and while a long
// answer is written, it does not read: so either the peer is gone, or it has sent its next request early.
void ServerConnection::OnReadable(evutil_socket_t fd, short what, void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  bufferevent* const bev = evhttp_connection_get_bufferevent(self.m_connection);
  if ((bufferevent_get_enabled(bev) & EV_READ) != 0) return;
  event_del(self.m_sentinel);
  const Peer peer = LookAtPeer(fd, what);
  if (peer == Peer::kGone) {
    self.Cut();
  } else if (peer == Peer::kClosedItsSide) {
    self.TellPeerClosed();
  } else if (!self.m_replying && !self.m_known_to_c) {
    // The data stays where it is, so only what changes may wake us from here on: also a reset, which is no
    // EV_CLOSED. Beside a write event libevent allows no edge-triggered one; but then the write will tell.
    const bool edges = (event_base_get_features(self.m_base.base()) & EV_FEATURE_ET) != 0;
    self.Await(edges ? EV_READ | EV_CLOSED | EV_ET | EV_PERSIST : EV_CLOSED, OnEdge, nullptr);
  }
}

void ServerConnection::OnEdge(evutil_socket_t fd, short what, void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  const Peer peer = LookAtPeer(fd, what);
  if (peer == Peer::kGone) {
    self.StopAwaiting();
    self.Cut();
  } else if (peer == Peer::kClosedItsSide) {
    self.TellPeerClosed();
  }
}

void ServerConnection::TellPeerClosed() {
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

void ServerConnection::BeginReply(ReplyKind kind) {
  StopAwaiting();
  StopReadingBody();
  m_replying = true;
  m_streaming = kind == ReplyKind::kStreamed;
}

bool ServerConnection::HasOutput() const {
  return evbuffer_get_length(bufferevent_get_output(evhttp_connection_get_bufferevent(m_connection))) > 0;
}

bool ServerConnection::OutputIsFull() const {
  const evbuffer* const output = bufferevent_get_output(evhttp_connection_get_bufferevent(m_connection));
  return evbuffer_get_length(output) > m_server.rules().max_output;
}

size_t ServerConnection::WriteNow(std::string_view bytes) {
  const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection));
  const ssize_t written = send(fd, bytes.data(), bytes.size(), 0);
  return written < 0 ? 0 : static_cast<size_t>(written);
}

void ServerConnection::FlushSoon() {
  bufferevent* const bev = evhttp_connection_get_bufferevent(m_connection);
  // And its end must not overtake a request that has come before it.
  const bool more_waits =
      evbuffer_get_length(bufferevent_get_input(bev)) > 0 || (m_gate != nullptr && m_gate->has_more());
  const bool body_comes = m_gate != nullptr && m_gate->body_state() == RequestGate::Body::kUnderWay;
  if (m_streaming || more_waits || body_comes ||
      evbuffer_get_length(bufferevent_get_output(bev)) > kSlowReplyBytes) {
    // evhttp reads on while it writes, to notice a close. A reply that takes its time must not end because
    // the peer has closed its own side, nor by the time since the peer last sent something; and what the peer
    // sends meanwhile shall wait. evhttp reads again when all is written.
    bufferevent_disable(bev, EV_READ);
  }
  // The socket is nearly always writable. Marking it so spares a round through the kernel, and with
  // the change list the two epoll_ctl calls that would ask for it; if it is full, libevent's write
  // finds out and waits as usual.
  event_base_active_by_fd(m_base.base(), bufferevent_getfd(bev), EV_WRITE);
}

void ServerConnection::FlushNow() {
  bufferevent* const bev = evhttp_connection_get_bufferevent(m_connection);
  evbuffer* const output = bufferevent_get_output(bev);
  if (evbuffer_get_length(output) == 0) return;
  evbuffer_unfreeze(output, 1);
  evbuffer_write(output, bufferevent_getfd(bev));
  evbuffer_freeze(output, 1);
}

void ServerConnection::Cut() {
  if (std::exchange(m_cut, true)) return;
  if (m_hears_free) {
    // Libevent is on the stack, of which the base need not know: C may have called.
    m_cut_event = event_new(m_base.base(), -1, 0, OnCut, this);
    if (m_cut_event != nullptr) event_active(m_cut_event, 0, 0);
    return;
  }
  // Until then it may have ended by itself, and its address may be another's.
  ServerConnections& connections = m_base.env().State<ServerConnections>();
  m_base.WhenIdle([&connections, connection = m_connection] {
    ServerConnection* const self = connections.Find(connection);
    if (self == nullptr || !self->m_cut) return;
    self->LeaveRequestToC();
    evhttp_connection_free(connection);
  });
}

void ServerConnection::OnWritten(evhttp_connection*, void* arg) {
  static_cast<ServerConnection*>(arg)->TellWritten(true);
}

void ServerConnection::TellWritten(bool written) {
  const EventBase::BusyScope busy(m_base);
  m_writes_part = false;
  for (const double key : std::exchange(m_written_keys, {})) {
    m_base.env().callbacks().Call(m_base, JsCallback::kChunkWritten, {key, written ? 1.0 : 0.0});
  }
}

void ServerConnection::TellComplete(bool written) {
  const double key = std::exchange(m_complete_key, 0);
  if (key == 0) return;
  m_base.env().callbacks().Call(m_base, JsCallback::kRequestComplete, {key, written ? 1.0 : 0.0});
}

void ServerConnection::EndRequest() {
  m_in_flight = nullptr;
  m_replying = m_streaming = m_wants_body = false;
  StopAwaiting();
  StopReadingBody();
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
  TellWritten(written);
  // libevent has answered by itself, after an error of its own, or C has.
  if (m_handle != nullptr) {
    m_handle->LoseConnection();
    if (!written) base.env().callbacks().Call(base, JsCallback::kDisconnect, {m_handle->number(), 1});
    if (m_handle != nullptr) m_handle->Dispose();
  }
  EndRequest();
  if (m_sentinel != nullptr && event_pending(m_sentinel, EV_READ, nullptr) == 0)
    event_add(m_sentinel, nullptr);
  // evhttp finds the next request, if it has come, when it goes on.
  if (m_gate != nullptr && !m_gate->Resume()) Cut();
  TellComplete(written);
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
    // It is the handle's.
  } else if (m_in_c) {
    EndHoldInC();
  } else if (request != nullptr && evhttp_request_get_connection(request) == nullptr) {
    evhttp_request_free(request);
  }
  TellWritten(false);
  EndRequest();
  TellComplete(false);
  if (m_view != nullptr) m_view->OnClosed(connection_there);
  base.env().State<ServerConnections>().Remove(m_connection);
}

}  // namespace bitcoin_support
