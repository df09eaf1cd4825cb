// How the handler of a request reads its body while that is still coming.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>

#include <utility>

#include "http/ev_http.h"
#include "http/ev_http_request.h"
#include "http/server_connection.h"
#include "loop/event_base.h"
#include "napi/environment.h"

namespace bitcoin_support {

// evhttp has the request and does not read; nor must it be made to. So the socket is read here, and only as
// long as the handler takes what comes: what it does not take stays with the peer.
void ServerConnection::WantBody() {
  m_wants_body = true;
  if (m_reading_body) return;
  m_gate->InviteBody();
  StopAwaiting();
  if (m_sentinel != nullptr) event_del(m_sentinel);
  if (m_body_event == nullptr) {
    const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(m_connection));
    m_body_event = event_new(m_base.base(), fd, EV_READ | EV_PERSIST, OnBodyReadable, this);
    if (m_body_event == nullptr) return Cut();
  }
  event_add(m_body_event, &m_server.rules().read_timeout);
  m_reading_body = true;
}

void ServerConnection::StopReadingBody() {
  if (!std::exchange(m_reading_body, false)) return;
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
  // The handler may end the connection.
  self.OnBody();
}

void ServerConnection::OnBody() {
  if (!m_wants_body || m_handle == nullptr) return;
  const bool some = m_gate->body() != nullptr && evbuffer_get_length(m_gate->body()) > 0;
  if (!some && m_gate->body_state() == RequestGate::Body::kUnderWay) return;
  m_wants_body = false;
  m_base.env().callbacks().Call(m_base, JsCallback::kBodyReadable, {m_handle->number()});
}

}  // namespace bitcoin_support
