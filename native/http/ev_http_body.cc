// How the handler of an incoming EvHttpRequest learns its method and reads its body piece by piece.
#include <event2/buffer.h>
#include <event2/http.h>

#include "http/ev_http_request.h"
#include "http/http_guard.h"
#include "http/http_method.h"
#include "http/server_connection.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"

namespace bitcoin_support {
namespace {

// Takes all bytes out of `buffer`.
Napi::Value TakeAll(Napi::Env env, evbuffer* buffer) {
  const size_t length = evbuffer_get_length(buffer);
  void* data = nullptr;
  napi_value bytes;
  if (napi_create_buffer(env, length, &data, &bytes) != napi_ok) throw Napi::Error::New(env);
  evbuffer_remove(buffer, data, length);
  return Napi::Value(env, bytes);
}

}  // namespace

// (request) -> the method's name
Napi::Value EvHttpRequest::GetMethodNapi(const Napi::CallbackInfo& info) {
  const EvHttpRequest& self = This(info);
  const unsigned command = self.incoming() ? self.m_command : CommandOf(self.m_request);
  std::string_view name;
  if (command != 0) {
    name = NameOfMethod(command);
  } else if (self.m_state == State::kOrphan) {
    name = self.m_method_name;
  } else if (self.incoming() && self.m_server->gate() != nullptr) {
    name = self.m_server->gate()->extension_method();
  }
  return Napi::String::New(info.Env(), name.data(), name.size());
}

// (request) -> the next piece of the body, null at its end, undefined when JsCallback::kBodyReadable will
// come, false when the rest will not
Napi::Value EvHttpRequest::ReadBodyNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = This(info);
  const Napi::Env env = info.Env();
  if (!self.incoming()) ThrowEventError(self.env(), code::kState, "the request is a client's");
  RequestGate* const gate = self.m_server == nullptr ? nullptr : self.m_server->gate();
  if (gate == nullptr || gate->body_state() == RequestGate::Body::kNone) {
    evbuffer* const input = evhttp_request_get_input_buffer(self.m_request);
    return evbuffer_get_length(input) > 0 ? TakeAll(env, input) : env.Null();
  }
  const EventBase::BusyScope busy(self.base());
  gate->PullBody();
  if (evbuffer_get_length(gate->body()) > 0) return TakeAll(env, gate->body());
  switch (gate->body_state()) {
    case RequestGate::Body::kWhole:
      return env.Null();
    case RequestGate::Body::kUnderWay:
      if (self.m_state == State::kNew) {
        self.m_server->WantBody();
        return env.Undefined();
      }
      break;
    default:
      break;
  }
  return Napi::Boolean::New(env, false);
}

void EvHttpRequest::ExportBody(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<GetMethodNapi>(env, exports, "requestGetMethod", state);
  ExportFunction<ReadBodyNapi>(env, exports, "requestReadBody", state);
}

}  // namespace bitcoin_support
