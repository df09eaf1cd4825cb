// The outgoing half of EvHttpRequest.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>

#include <algorithm>
#include <new>
#include <string>

#include "buffers/append_bytes.h"
#include "http/ev_http_connection.h"
#include "http/ev_http_request.h"
#include "http/field_value.h"
#include "http/http_client.h"
#include "http/http_reply_guard.h"
#include "libevent/memory_reserve.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"

namespace bitcoin_support {
namespace {

// libevent does so for POST and PUT alone. Without it the server takes the body for the next request.
void AddContentLength(evhttp_request* request, int command) {
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  const size_t length = evbuffer_get_length(evhttp_request_get_output_buffer(request));
  if (command == EVHTTP_REQ_POST || command == EVHTTP_REQ_PUT) return;
  // RFC 9110 8.6: a method that is made to have a body says so of an empty one as well.
  if (length == 0 && command != EVHTTP_REQ_PATCH) return;
  if (evhttp_find_header(headers, "Content-Length") != nullptr) return;
  if (evhttp_find_header(headers, "Transfer-Encoding") != nullptr) return;
  evhttp_add_header(headers, "Content-Length", std::to_string(length).c_str());
}

}  // namespace

void OwnRequestDeleter::operator()(evhttp_request* request) const { evhttp_request_free(request); }

EvHttpRequest::EvHttpRequest(Environment& env)
    : BaseChild(env, env.type_for(kKind), kKind),
      m_request((MemoryReserve::Require(), evhttp_request_new(OnDone, this))),
      m_server(nullptr),
      m_own(m_request) {
  if (m_request == nullptr) throw std::bad_alloc();
  // It goes with this object and not before, however it ends.
  evhttp_request_own(m_request);
  evhttp_request_set_error_cb(m_request, OnError);
  evhttp_request_set_header_cb(m_request, OnHeaders);
}

EvHttpRequest::~EvHttpRequest() {
  if (m_deadline != nullptr) event_free(m_deadline);
  if (m_hold != nullptr) event_free(m_hold);
}

HttpClient& EvHttpRequest::client() const { return m_client->client(); }

void EvHttpRequest::AppendOutput(Napi::Env env, napi_value bytes) {
  if (m_state != State::kNew) ThrowEventError(this->env(), code::kState, "the request has been made");
  if (m_chunks != nullptr) ThrowEventError(this->env(), code::kState, "the request's body comes in chunks");
  AppendBytes(env, bytes, evhttp_request_get_output_buffer(m_request));
}

void EvHttpRequest::Make(EvHttpConnection& connection, int command, const std::string& uri) {
  if (m_state != State::kNew) ThrowEventError(env(), code::kState, "the request has been made");
  AddContentLength(m_request, command);
  JoinBase(connection.base());
  const EventBase::BusyScope busy(base());
  m_output_view.Invalidate();
  m_state = State::kStarted;
  m_client = &connection;
  m_method = command;
  m_uri = uri;
  m_request->type = static_cast<evhttp_cmd_type>(command);
  m_request->major = m_request->minor = 1;
  StartDeadline();
  connection.client().Make(*this);
}

bool EvHttpRequest::AsksForUpgrade() const {
  const evkeyvalq* const headers = evhttp_request_get_output_headers(m_request);
  return evhttp_find_header(headers, "Upgrade") != nullptr && ConnectionOptions::Of(*headers).upgrade;
}

void EvHttpRequest::NoteWrongReply() {
  if (m_error < 0) m_error = EVREQ_HTTP_INVALID_HEADER;
}

int EvHttpRequest::HandToLibevent(evhttp_connection* connection) {
  m_over = false;
  return evhttp_make_request(connection, m_request, static_cast<evhttp_cmd_type>(m_method), m_uri.c_str());
}

// --- how it ends -------------------------------------------------------------------------------------

void EvHttpRequest::Fail(int error) {
  EventBase& on = base();
  const EventBase::BusyScope busy(on);
  const double self = number();
  Environment& environment = env();
  if (m_state == State::kEnded) {
    m_client = nullptr;
    return;
  }
  if (m_error < 0) m_error = error;
  EvHttpConnection* const connection = m_client;
  if (m_state == State::kStarted && m_request != nullptr && client().HandedOver(*this)) {
    m_state = State::kClosing;
    Cancel();
  }
  if (environment.FindAny(self) == nullptr) return;
  if (connection != nullptr) connection->client().Remove(*this);
  // One that libevent has not got goes without a word from it.
  if (!m_failed) TellFailed(m_error);
  EndUnanswered(environment, on, self, error != EVREQ_HTTP_REQUEST_CANCEL);
  if (connection == nullptr) return;
  connection->client().EndIfUnused();
  connection->client().StartNext();
}

void EvHttpRequest::Cancel() {
  // libevent is closing the connection, and will end this request by itself.
  if (m_over || client().closing_now()) return;
  if (!m_in_callback) {
    evhttp_cancel_request(m_request);
    return;
  }
  // It is reading the reply, and would go on with what it has freed.
  base().WhenIdle([this, request = m_request] {
    if (!m_over) evhttp_cancel_request(request);
  });
  client().Drop();
}

void EvHttpRequest::AwaitEnd() {
  if (m_state == State::kStarted) m_state = State::kClosing;
}

void EvHttpRequest::TellFailed(int error) {
  m_request = nullptr;
  m_input_view.Invalidate();
  m_failed = true;
  env().callbacks().Call(base(), JsCallback::kClientError, {slot(), static_cast<double>(error)});
}

// Ends a request of which libevent calls back no more, if that has not happened meanwhile.
void EvHttpRequest::EndUnanswered(Environment& environment, EventBase& on, double number, bool call) {
  const auto* const request = static_cast<EvHttpRequest*>(environment.FindAny(number));
  if (request == nullptr) return;
  environment.callbacks().Call(on, JsCallback::kClientDone, {request->slot(), 0, call ? 1.0 : 0.0});
  if (Handle* const handle = environment.FindAny(number); handle != nullptr) {
    static_cast<EvHttpRequest*>(handle)->EndClient();
  }
}

void EvHttpRequest::EndUnconnected() {
  const EventBase::BusyScope busy(base());
  m_over = true;
  client().Remove(*this);
  m_state = State::kEnded;
  env().callbacks().Call(base(), JsCallback::kClientDone, {slot(), 1, 1});
  if (live()) EndClient();
}

void EvHttpRequest::EndClient() {
  if (!live()) return;
  if (m_client != nullptr) client().Remove(*this);
  m_request = nullptr;
  m_input_view.Invalidate();
  if (m_deadline != nullptr) event_del(m_deadline);
  if (m_hold != nullptr) event_del(m_hold);
  for (const double key : TakeWrittenKeys()) {
    env().callbacks().Call(base(), JsCallback::kChunkWritten, {key, 0});
  }
  const Environment::EndScope ends(env(), EndReason::kExchangeOver);
  RetireChild();
  // libevent may still call back for it before this turn is over.
  base().WhenIdle([this] { delete this; });
}

void EvHttpRequest::OnDone(evhttp_request* request, void* arg) {
  EvHttpRequest& self = *static_cast<EvHttpRequest*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.m_over = true;
  if (!self.live() || self.m_client == nullptr) return;
  HttpClient& client = self.client();
  if (request != nullptr && evhttp_request_get_response_code(request) == 0) {
    client.NoteFailure();
    if (!client.RetryConnect()) client.EndAllUnconnected();
    return;
  }
  if (request != nullptr) client.NoteReply(self);
  if (!self.live()) return;
  client.Remove(self);
  // Null when it failed.
  self.m_request = request;
  self.m_state = State::kEnded;
  self.env().callbacks().Call(self.base(), JsCallback::kClientDone,
                              {self.slot(), request != nullptr ? 1.0 : 0.0, 1});
  if (self.live()) self.EndClient();
  client.EndIfUnused();
  client.StartNext();
}

void EvHttpRequest::OnError(evhttp_request_error error, void* arg) {
  EvHttpRequest& self = *static_cast<EvHttpRequest*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.m_over = true;
  if (!self.live()) return;
  if (self.m_client != nullptr && self.client().IsCurrent(self)) {
    self.client().NoteFailure();
    if (error == EVREQ_HTTP_TIMEOUT) self.client().NoteTimeout(false);
  }
  self.TellFailed(self.m_error >= 0 ? self.m_error : error);
}

// --- while it is under way ---------------------------------------------------------------------------

// @returns negative to have libevent close the connection
int EvHttpRequest::OnHeaders(evhttp_request* request, void* arg) {
  EvHttpRequest& self = *static_cast<EvHttpRequest*>(arg);
  const EventBase::BusyScope busy(self.base());
  if (!self.live()) return -1;
  ReceivedReply head;
  try {
    head = ReadReceivedReply(request);
  } catch (const std::bad_alloc&) {
    self.m_error = EVREQ_HTTP_BUFFER_ERROR;
    return -1;
  }
  if (head.interim) return 0;
  if (head.ends_connection) self.client().EndAfterReply();
  self.m_reading_body = true;
  if (!self.m_wants_headers) return 0;
  self.m_in_callback = true;
  self.env().callbacks().Call(self.base(), JsCallback::kClientHeaders, {self.slot()});
  self.m_in_callback = false;
  return self.live() && !self.m_rejected ? 0 : -1;
}

void EvHttpRequest::OnChunk(evhttp_request*, void* arg) {
  EvHttpRequest& self = *static_cast<EvHttpRequest*>(arg);
  if (!self.live() || self.m_state != State::kStarted) return;
  const EventBase::BusyScope busy(self.base());
  self.m_in_callback = true;
  self.env().callbacks().Call(self.base(), JsCallback::kClientChunk, {self.slot()});
  self.m_in_callback = false;
}

void EvHttpRequest::SetDeadline(double ms) {
  m_deadline_ms = ms;
  if (m_state == State::kStarted) StartDeadline();
}

void EvHttpRequest::StartDeadline() {
  const auto timeout = TimevalFromMs(m_deadline_ms);
  if (!timeout) {
    if (m_deadline != nullptr) event_del(m_deadline);
    return;
  }
  if (m_deadline == nullptr) m_deadline = evtimer_new(base().base(), OnDeadline, this);
  const timeval common = base().common_timeouts().Common(base().base(), *timeout);
  if (m_deadline == nullptr || event_add(m_deadline, &common) != 0) throw std::bad_alloc();
}

void EvHttpRequest::OnDeadline(evutil_socket_t, short, void* arg) {
  EvHttpRequest& self = *static_cast<EvHttpRequest*>(arg);
  if (self.live() && self.m_state == State::kStarted) self.Fail(EVREQ_HTTP_TIMEOUT);
}

}  // namespace bitcoin_support
