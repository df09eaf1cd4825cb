// The buffers of an EvHttpRequest, as views.
#include <event2/buffer.h>
#include <event2/http.h>

#include "http/ev_http_request.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"

namespace bitcoin_support {

void EvHttpRequest::CheckOutputIsOurs() const {
  if (m_state == State::kNew && m_chunks == nullptr) return;
  // Nothing is sent of it.
  if (m_state == State::kOrphan || (m_state == State::kLost && m_kept)) return;
  if (!incoming()) {
    ThrowEventError(env(), code::kState, "the request has been made, or its body comes in chunks");
  }
  ThrowEventError(
      env(), code::kState,
      m_state == State::kLost ? "the request's connection is closing" : "the reply has been started");
}

void EvHttpRequest::CheckOutputIsEmpty() const {
  if (evbuffer_get_length(evhttp_request_get_output_buffer(m_request)) > 0) {
    ThrowEventError(env(), code::kState,
                    "the output buffer holds a body, which cannot be sent in chunks too");
  }
}

// (request, input) -> number of the buffer's handle
Napi::Value EvHttpRequest::GetBufferNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = This(info);
  const bool input = BoolArg(info, 1);
  if (!input) self.CheckOutputIsOurs();
  // A client's that has not been made is on no base.
  EventBase* const base = self.incoming() || self.m_state != State::kNew ? &self.base() : nullptr;
  evbuffer* const buffer = input ? evhttp_request_get_input_buffer(self.m_request)
                                 : evhttp_request_get_output_buffer(self.m_request);
  BufferView& view = input ? self.m_input_view : self.m_output_view;
  return Napi::Number::New(info.Env(), view.Get(self.env(), base, buffer, EvBuffer::Use::kFree).number());
}

void EvHttpRequest::ExportBuffers(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<GetBufferNapi>(env, exports, "requestGetBuffer", state);
}

}  // namespace bitcoin_support
