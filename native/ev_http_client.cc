// The outgoing half of EvHttpRequest.
#include <event2/buffer.h>
#include <event2/http.h>

#include <string>

#include "arguments.h"
#include "environment.h"
#include "errors.h"
#include "ev_http_connection.h"
#include "ev_http_request.h"
#include "exports.h"
#include "http_body.h"

namespace bitcoin_support {
namespace {

// libevent does so for POST and PUT alone. Without it the server takes the body for the next request.
void AddContentLength(evhttp_request* request, int command) {
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  const size_t length = evbuffer_get_length(evhttp_request_get_output_buffer(request));
  if (length == 0 || command == EVHTTP_REQ_POST || command == EVHTTP_REQ_PUT) return;
  if (evhttp_find_header(headers, "Content-Length") != nullptr) return;
  if (evhttp_find_header(headers, "Transfer-Encoding") != nullptr) return;
  evhttp_add_header(headers, "Content-Length", std::to_string(length).c_str());
}

}  // namespace

EvHttpRequest& EvHttpRequest::Outgoing(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = This(info);
  if (self.incoming()) {
    ThrowEventError(self.env(), code::kState, "the request is a server's: it cannot be made");
  }
  return self;
}

void EvHttpRequest::AppendOutput(Napi::Env env, napi_value bytes) {
  if (m_state != State::kNew) ThrowEventError(this->env(), code::kState, "the request has been made");
  AppendBytes(env, bytes, evhttp_request_get_output_buffer(m_request));
}

void EvHttpRequest::Make(EvHttpConnection& connection, int command, const std::string& uri) {
  if (m_state != State::kNew) ThrowEventError(env(), code::kState, "the request has been made");
  AddContentLength(m_request, command);
  JoinBase(connection.base());
  const EventBase::BusyScope busy(base());
  m_state = State::kStarted;
  m_client = &connection;
  connection.AddRequest(*this);
  // A name that does not resolve ends the request, by its callbacks, before this returns.
  const double self = number();
  Environment& environment = env();
  if (evhttp_make_request(connection.connection(), m_request, static_cast<evhttp_cmd_type>(command),
                          uri.c_str()) != 0) {
    // libevent has freed the request all the same.
    if (environment.FindAny(self) != nullptr) {
      m_request = nullptr;
      EndClient();
    }
    ThrowEventError(environment, code::kLibevent, "evhttp_make_request failed");
  }
}

void EvHttpRequest::Fail() {
  EventBase& on = base();
  const EventBase::BusyScope busy(on);
  const double self = number();
  Environment& environment = env();
  if (m_state == State::kEnded) {
    m_client = nullptr;
    return;
  }
  EvHttpConnection* const client = m_client;
  if (m_state == State::kStarted && m_request != nullptr) Cancel();
  // One that was still waiting for its turn goes without a word from libevent.
  if (environment.FindAny(self) != nullptr && !m_failed) TellFailed(EVREQ_HTTP_REQUEST_CANCEL);
  EndUnanswered(environment, on, self);
  if (client != nullptr) client->RenewWhenUnused();
}

void EvHttpRequest::Cancel() {
  m_state = State::kClosing;
  // libevent is calling back for all that were on the connection, and will do so for this one.
  if (m_abandoned) return;
  if (m_client == nullptr || !m_client->closing()) {
    evhttp_cancel_request(m_request);
    return;
  }
  // libevent is in the middle of closing the connection for another request.
  base().WhenIdle([this, request = m_request] {
    if (!m_freed) evhttp_cancel_request(request);
  });
}

void EvHttpRequest::AwaitEnd() {
  if (m_state == State::kStarted) m_state = State::kClosing;
}

void EvHttpRequest::TellFailed(int error) {
  m_request = nullptr;
  m_failed = true;
  env().callbacks().Call(base(), JsCallback::kClientError, {number(), static_cast<double>(error)});
}

// Ends a request whose callback will not be called, if that has not happened meanwhile.
void EvHttpRequest::EndUnanswered(Environment& environment, EventBase& on, double number) {
  if (environment.FindAny(number) == nullptr) return;
  environment.callbacks().Call(on, JsCallback::kClientDone, {number, 0, 0});
  if (Handle* const handle = environment.FindAny(number); handle != nullptr) {
    static_cast<EvHttpRequest*>(handle)->EndClient();
  }
}

void EvHttpRequest::EndClient() {
  if (m_client != nullptr) m_client->RemoveRequest(*this);
  m_request = nullptr;
  RetireChild();
  // libevent may still call back for it before this turn is over.
  base().WhenIdle([this] { delete this; });
}

void EvHttpRequest::OnDone(evhttp_request* request, void* arg) {
  EvHttpRequest& self = *static_cast<EvHttpRequest*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.m_freed = true;
  if (!self.live()) return;
  // Without an answer the connection could not be made, and libevent has taken off it all that were on it.
  const bool connected = request == nullptr || evhttp_request_get_response_code(request) != 0;
  if (!connected && !self.m_abandoned && self.m_client != nullptr) self.m_client->AbandonRequests();
  // Null when it failed: libevent has freed it already.
  self.m_request = request;
  self.m_state = State::kEnded;
  const double number = self.number();
  Environment& environment = self.env();
  environment.callbacks().Call(self.base(), JsCallback::kClientDone,
                               {number, request != nullptr ? 1.0 : 0.0, 1});
  if (self.live()) self.EndClient();
}

void EvHttpRequest::OnError(evhttp_request_error error, void* arg) {
  EvHttpRequest& self = *static_cast<EvHttpRequest*>(arg);
  const EventBase::BusyScope busy(self.base());
  self.m_freed = true;
  if (!self.live()) return;
  self.TellFailed(error);
}

// ()
Napi::Value EvHttpRequest::NewNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), (new EvHttpRequest(Environment::From(info)))->number());
}

// (request)
Napi::Value EvHttpRequest::CancelNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Outgoing(info);
  if (self.m_state != State::kStarted || self.m_request == nullptr) {
    ThrowEventError(self.env(), code::kState, "the request is not under way");
  }
  self.Fail();
  return info.Env().Undefined();
}

void EvHttpRequest::ExportClient(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "requestNew", state);
  ExportFunction<CancelNapi>(env, exports, "requestCancel", state);
}

}  // namespace bitcoin_support
