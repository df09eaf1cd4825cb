#include "http/ev_http_request.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include <algorithm>
#include <new>

#include "buffers/buffer_bytes.h"
#include "http/ev_http_connection.h"
#include "http/http_client.h"
#include "http/http_guard.h"
#include "http/http_text.h"
#include "http/server_connection.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"

namespace bitcoin_support {
namespace {

// --- what was received -----------------------------------------------------------------------------

Napi::Value GetHost(const Napi::CallbackInfo& info, evhttp_request* request) {
  return Latin1OrUndefined(info.Env(), evhttp_request_get_host(request));
}

Napi::Value GetHttpVersion(const Napi::CallbackInfo& info, evhttp_request* request) {
  return Napi::String::New(info.Env(),
                           std::to_string(int{request->major}) + "." + std::to_string(int{request->minor}));
}

Napi::Value GetResponseCode(const Napi::CallbackInfo& info, evhttp_request* request) {
  return Napi::Number::New(info.Env(), evhttp_request_get_response_code(request));
}

Napi::Value GetResponseCodeLine(const Napi::CallbackInfo& info, evhttp_request* request) {
  return Latin1OrUndefined(info.Env(), evhttp_request_get_response_code_line(request));
}

Napi::Value GetBody(const Napi::CallbackInfo& info, evhttp_request* request) {
  evbuffer* const input = evhttp_request_get_input_buffer(request);
  const size_t length = evbuffer_get_length(input);
  void* data = nullptr;
  napi_value buffer;
  if (napi_create_buffer(info.Env(), length, &data, &buffer) != napi_ok) {
    throw Napi::Error::New(info.Env());
  }
  evbuffer_copyout(input, data, length);
  return Napi::Value(info.Env(), buffer);
}

Napi::Value GetBodyText(const Napi::CallbackInfo& info, evhttp_request* request) {
  evbuffer* const input = evhttp_request_get_input_buffer(request);
  const size_t length = evbuffer_get_length(input);
  const FlatBytes bytes(input, 0, length);
  napi_value text;
  if (napi_create_string_utf8(info.Env(), bytes.data(), length, &text) != napi_ok) {
    throw Napi::Error::New(info.Env());
  }
  return Napi::Value(info.Env(), text);
}

}  // namespace

EvHttpRequest::EvHttpRequest(EventBase& base, evhttp_request* request, ServerConnection& server,
                             unsigned command)
    : BaseChild(base, base.env().type_for(kKind), kKind),
      m_request(request),
      m_incoming(true),
      m_server(&server),
      m_command(command) {}

void EvHttpRequest::Dispose() {
  if (!live()) return;
  if (incoming()) {
    DisposeIncoming();
  } else if (m_state == State::kNew) {
    delete this;
  } else if (m_state == State::kEnded) {
    EndClient();
  } else {
    Fail();
  }
}

bool EvHttpRequest::AnsweredByC() const { return m_request->userdone != 0; }

void EvHttpRequest::DisposeIncoming() {
  if ((m_state == State::kNew || m_state == State::kStarted) && AnsweredByC()) {
    EndHandle();
    return;
  }
  switch (m_state) {
    case State::kNew:
      SendError(HTTP_INTERNAL, "Unhandled request");
      return;
    case State::kStarted: {
      // Ending a chunked reply would make a part look like the whole, so the connection is cut.
      ServerConnection& server = *m_server;
      EndHandle();
      server.Cut();
      return;
    }
    case State::kOrphan:
      RetireChild();
      m_input_view.Invalidate();
      m_output_view.Invalidate();
      base().WhenIdle([this] { delete this; });
      return;
    case State::kLost:
    case State::kClosing:
    case State::kEnded:
      EndHandle();
      return;
  }
}

void EvHttpRequest::EndHandle() {
  m_server->ReleaseRequest();
  delete this;
}

bool EvHttpRequest::OutliveConnection() {
  if (!m_kept) {
    Dispose();
    return false;
  }
  if (m_command == 0 && m_server->gate() != nullptr) m_method_name = m_server->gate()->extension_method();
  // Otherwise libevent frees it with the connection.
  evhttp_request_own(m_request);
  m_request->evcon = nullptr;
  m_own.reset(m_request);
  m_server->ReleaseRequest();
  m_server = nullptr;
  m_state = State::kOrphan;
  return true;
}

void EvHttpRequest::CheckThere() const {
  // A client's that has failed has no request any more.
  if (m_request == nullptr) {
    ThrowEventError(env(), code::kDisposed, HandleEnd{&type(), id(), EndReason::kExchangeOver}.Describe());
  }
  if (m_state == State::kClosing) {
    ThrowEventError(env(), code::kState, "the request's connection is closing");
  }
}

EvHttpRequest& EvHttpRequest::This(const Napi::CallbackInfo& info) { return At(info, 0); }

EvHttpRequest& EvHttpRequest::At(const Napi::CallbackInfo& info, size_t index) {
  EvHttpRequest& self = Environment::From(info).Get<EvHttpRequest>(info[index]);
  self.CheckThere();
  return self;
}

void* EvHttpRequest::Address() const {
  CheckThere();
  // By an answer C would free what is the handle's.
  if (m_state == State::kOrphan) ThrowEventError(env(), code::kState, "the request's connection has gone");
  m_known_to_c = true;
  if (incoming()) {
    m_server->ShowToC();
  } else if (m_client != nullptr) {
    client().ShowToC();
  }
  return m_request;
}

evkeyvalq* EvHttpRequest::HeadersArg(const Napi::CallbackInfo& info, bool input) {
  evhttp_request* const request = This(info).m_request;
  return input ? evhttp_request_get_input_headers(request) : evhttp_request_get_output_headers(request);
}

template <auto kFunction>
Napi::Value EvHttpRequest::OnRequestNapi(const Napi::CallbackInfo& info) {
  return kFunction(info, This(info).m_request);
}

// (request)
Napi::Value EvHttpRequest::GetCommandNapi(const Napi::CallbackInfo& info) {
  const EvHttpRequest& self = This(info);
  return Napi::Number::New(info.Env(), self.incoming() ? self.m_command : CommandOf(self.m_request));
}

// (request) -> undefined before it is made
Napi::Value EvHttpRequest::GetUriNapi(const Napi::CallbackInfo& info) {
  const EvHttpRequest& self = This(info);
  // One that waits for its connection is not libevent's yet.
  if (!self.incoming() && self.m_state != State::kNew)
    return Latin1OrUndefined(info.Env(), self.m_uri.c_str());
  return Latin1OrUndefined(info.Env(), evhttp_request_get_uri(self.m_request));
}

// (request) -> number of the connection's handle, 0 without a connection
Napi::Value EvHttpRequest::GetConnectionNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = This(info);
  if (self.m_state == State::kOrphan) return Napi::Number::New(info.Env(), 0);
  if (self.incoming()) {
    if (self.m_server->view() == nullptr) {
      self.m_server->set_view(new EvHttpConnection(self.base(), *self.m_server));
    }
    return Napi::Number::New(info.Env(), self.m_server->view()->number());
  }
  const bool under_way = self.m_state == State::kStarted && self.m_client != nullptr;
  return Napi::Number::New(info.Env(), under_way ? self.m_client->number() : 0);
}

// (request): it stays when its connection goes, until it is disposed
Napi::Value EvHttpRequest::KeepNapi(const Napi::CallbackInfo& info) {
  This(info).m_kept = true;
  return info.Env().Undefined();
}

// (request) -> whether it cannot be answered any more, because its connection goes or has gone
Napi::Value EvHttpRequest::IsLostNapi(const Napi::CallbackInfo& info) {
  const EvHttpRequest& self = This(info);
  return Napi::Boolean::New(info.Env(), self.m_state == State::kLost || self.m_state == State::kOrphan);
}

void EvHttpRequest::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<GetCommandNapi>(env, exports, "requestGetCommand", state);
  ExportFunction<GetUriNapi>(env, exports, "requestGetUri", state);
  ExportFunction<OnRequestNapi<GetHost>>(env, exports, "requestGetHost", state);
  ExportFunction<OnRequestNapi<GetHttpVersion>>(env, exports, "requestGetHttpVersion", state);
  ExportFunction<OnRequestNapi<GetResponseCode>>(env, exports, "requestGetResponseCode", state);
  ExportFunction<OnRequestNapi<GetResponseCodeLine>>(env, exports, "requestGetResponseCodeLine", state);
  ExportFunction<OnRequestNapi<GetBody>>(env, exports, "requestBody", state);
  ExportFunction<OnRequestNapi<GetBodyText>>(env, exports, "requestBodyText", state);
  ExportFunction<KeepNapi>(env, exports, "requestKeep", state);
  ExportFunction<IsLostNapi>(env, exports, "requestIsLost", state);
  ExportFunction<GetConnectionNapi>(env, exports, "requestGetConnection", state);
  ExportReplies(env, exports, state);
  ExportBody(env, exports, state);
  ExportClient(env, exports, state);
  ExportChunks(env, exports, state);
  ExportBuffers(env, exports, state);
  ExportSecure(env, exports, state);
}

}  // namespace bitcoin_support
