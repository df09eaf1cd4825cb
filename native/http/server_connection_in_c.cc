// What becomes of a connection when C gets to know it, or has its request.
//
// C may set the callbacks for the request's and the connection's end, which libevent has but one of each. So
// their ends are heard of when libevent frees what it frees of them first (of the connection: first after its
// descriptor).
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>

#include <utility>

#include "http/server_connection.h"
#include "loop/event_base.h"
#include "net/direct_io.h"

namespace bitcoin_support {
namespace {

// C leaves it to libevent that a reply to HEAD has no body, and libevent forgets that.
void DropBody(evbuffer* body, const evbuffer_cb_info* info, void*) {
  if (info->n_added > 0) evbuffer_drain(body, evbuffer_get_length(body));
}

}  // namespace

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
  // When C's answer waits to be written, an edge-triggered event becomes a level-triggered one, which never
  // rests while something has come; or, in libevent's debug mode, the answer is not written at all.
  if (m_awaited != nullptr && event_get_fd(m_awaited) >= 0) StopAwaiting();
}

void ServerConnection::BeginRequestInC(evhttp_request* request) {
  m_in_flight = request;
  ShowToC();
  if (request->type == EVHTTP_REQ_HEAD) {
    evbuffer_add_cb(evhttp_request_get_output_buffer(request), DropBody, nullptr);
  }
  m_in_c = true;
  if (m_sentinel != nullptr) event_del(m_sentinel);
}

void ServerConnection::FlushForC() {
  if (m_in_c && m_in_flight->userdone != 0 && HasOutput()) FlushSoon();
}

void ServerConnection::LeaveRequestToC() {
  if (!m_in_c || m_in_flight->userdone != 0 || evhttp_request_is_owned(m_in_flight) != 0) return;
  evhttp_request_own(m_in_flight);
  m_left_to_c = true;
}

// The connection goes. A request that C has answered goes with it; any other stays C's.
void ServerConnection::EndHoldInC() {
  m_in_c = false;
  m_request_watch.Stop();
  m_in_flight->evcon = nullptr;
  // C has answered it when it heard of the end.
  if (m_left_to_c && m_in_flight->userdone != 0) evhttp_request_free(m_in_flight);
}

// Libevent frees the request: its reply has been written, or its connection is being freed.
void ServerConnection::OnRequestFreed(void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  self.m_hears_free = true;
  if (std::exchange(self.m_in_c, false)) {
    self.m_in_flight = nullptr;
    self.m_left_to_c = false;
    if (self.m_gate != nullptr && !self.m_gate->Resume()) self.Cut();
  } else {
    self.CompleteRequest(self.m_in_flight->userdone != 0 && !self.HasOutput());
  }
  self.m_hears_free = false;
}

// C has taken the callback by which we would have heard of it before.
void ServerConnection::OnConnectionFreed(void* arg) { static_cast<ServerConnection*>(arg)->Close(false); }

void ServerConnection::OnCut(evutil_socket_t, short, void* arg) {
  ServerConnection& self = *static_cast<ServerConnection*>(arg);
  const EventBase::BusyScope busy(self.m_base);
  self.LeaveRequestToC();
  evhttp_connection_free(self.m_connection);
}

}  // namespace bitcoin_support
