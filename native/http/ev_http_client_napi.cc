// The native functions over outgoing EvHttpRequests.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include <cstring>
#include <new>
#include <string>

#include "http/ev_http_connection.h"
#include "http/ev_http_request.h"
#include "http/header_list.h"
#include "http/http_client.h"
#include "http/http_header_block.h"
#include "napi/arguments.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// Of an event that is there to be pending.
constexpr timeval kLongTime{1'000'000, 0};

// The reason and all headers in one string, which JavaScript takes apart when it is asked for one: reason,
// NUL, name, NUL, value, NUL …
Napi::Value FlatHead(Napi::Env env, const char* reason, const evkeyvalq* headers) {
  size_t length = 1 + (reason == nullptr ? 0 : std::strlen(reason));
  for (const evkeyval* header = headers->tqh_first; header != nullptr; header = header->next.tqe_next) {
    length += std::strlen(header->key) + std::strlen(header->value) + 2;
  }
  std::string flat;
  // It never grows, so that no copy stays behind.
  flat.reserve(length);
  if (reason != nullptr) flat.append(reason);
  flat.push_back('\0');
  for (const evkeyval* header = headers->tqh_first; header != nullptr; header = header->next.tqe_next) {
    flat.append(header->key).push_back('\0');
    flat.append(header->value).push_back('\0');
  }
  napi_value text;
  const napi_status status = napi_create_string_latin1(env, flat.data(), flat.size(), &text);
  MemoryCleanse(flat.data(), flat.size());
  if (status != napi_ok) throw Napi::Error::New(env);
  return Napi::Value(env, text);
}

// What is longer has a buffer of its own.
constexpr size_t kShortBody = 4096;

}  // namespace

EvHttpRequest& EvHttpRequest::Outgoing(const Napi::CallbackInfo& info, size_t index) {
  EvHttpRequest& self = At(info, index);
  if (self.incoming()) ThrowEventError(self.env(), code::kState, "the request is a server's");
  return self;
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

// (request): calls back when the reply's headers have come
Napi::Value EvHttpRequest::WantHeadersNapi(const Napi::CallbackInfo& info) {
  Outgoing(info).m_wants_headers = true;
  return info.Env().Undefined();
}

// (request): calls back for each part of the reply's body, which is gone afterwards
Napi::Value EvHttpRequest::WantChunksNapi(const Napi::CallbackInfo& info) {
  evhttp_request_set_chunked_cb(Outgoing(info).m_request, OnChunk);
  return info.Env().Undefined();
}

// (request): in the callback for its headers
Napi::Value EvHttpRequest::RejectNapi(const Napi::CallbackInfo& info) {
  Outgoing(info).m_rejected = true;
  return info.Env().Undefined();
}

// (request, ms | negative)
Napi::Value EvHttpRequest::SetDeadlineNapi(const Napi::CallbackInfo& info) {
  Outgoing(info).SetDeadline(NumberArg(info, 1));
  return info.Env().Undefined();
}

// (request, on): while it is on, no more of the reply's body is read
Napi::Value EvHttpRequest::SetPausedNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Outgoing(info);
  const bool on = BoolArg(info, 1);
  // In any other state it is libevent's to say what is read.
  if (self.m_state != State::kStarted || !self.m_reading_body || !self.client().HandedOver(self)) {
    ThrowEventError(self.env(), code::kState, "no body is being read");
  }
  if (on) {
    if (self.m_hold == nullptr) {
      self.m_hold =
          event_new(self.base().base(), -1, EV_PERSIST, [](evutil_socket_t, short, void*) {}, nullptr);
    }
    if (self.m_hold == nullptr || event_add(self.m_hold, &kLongTime) != 0) throw std::bad_alloc();
    bufferevent_disable(self.client().stream(), EV_READ);
  } else {
    if (self.m_hold != nullptr) event_del(self.m_hold);
    bufferevent_enable(self.client().stream(), EV_READ);
  }
  return info.Env().Undefined();
}

// (request, slab | undefined, offset) -> reason and headers; see SharedNumber for the rest. A
// short body is put into the slab, if there is one; any other stays where it is.
Napi::Value EvHttpRequest::TakeReplyNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = Outgoing(info);
  const Napi::Env env = info.Env();
  evhttp_request* const reply = self.m_request;
  const double offset = NumberArg(info, 2);
  double length = -1;
  if (!info[1].IsUndefined()) {
    evbuffer* const input = evhttp_request_get_input_buffer(reply);
    const size_t size = evbuffer_get_length(input);
    const auto slab = ByteSpan::OfUnsharedBytes(env, info[1]);
    if (!slab) ThrowTypeError(env, "a slab must be a Uint8Array");
    const bool fits = offset >= 0 && offset + static_cast<double>(size) <= static_cast<double>(slab->size);
    if (size <= kShortBody && fits) {
      evbuffer_remove(input, slab->data + static_cast<size_t>(offset), size);
      length = static_cast<double>(size);
    }
  }
  SharedNumbers& numbers = self.env().numbers();
  numbers.Set(SharedNumber::kReplyStatus, evhttp_request_get_response_code(reply));
  numbers.Set(SharedNumber::kReplyMinor, reply->minor);
  numbers.Set(SharedNumber::kReplyLength, length);
  return FlatHead(env, evhttp_request_get_response_code_line(reply), evhttp_request_get_input_headers(reply));
}

// (connection, request, command, uri, headers, body | undefined): all that most requests have at once.
// headers: name, NUL, value, NUL, name …
Napi::Value EvHttpRequest::SendNapi(const Napi::CallbackInfo& info) {
  const int command = IntArg(info, 2);
  const std::string uri = StringArg(info, 3);
  HeaderList headers;
  AddHeaderBlock(info.Env(), info[4], headers);
  EvHttpConnection& connection = Environment::From(info).Get<EvHttpConnection>(info[0]);
  EvHttpRequest& self = Outgoing(info, 1);
  if (!connection.is_client() || connection.client().shut() || self.m_state != State::kNew) {
    ThrowEventError(self.env(), code::kState, "the connection has ended, or the request has been made");
  }
  if (!info[5].IsUndefined()) self.AppendOutput(info.Env(), info[5]);
  headers.MoveTo(evhttp_request_get_output_headers(self.m_request));
  self.Make(connection, command, uri);
  return info.Env().Undefined();
}

void EvHttpRequest::ExportClient(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "requestNew", state);
  ExportFunction<CancelNapi>(env, exports, "requestCancel", state);
  ExportFunction<WantHeadersNapi>(env, exports, "requestWantHeaders", state);
  ExportFunction<WantChunksNapi>(env, exports, "requestWantChunks", state);
  ExportFunction<RejectNapi>(env, exports, "requestReject", state);
  ExportFunction<SetDeadlineNapi>(env, exports, "requestSetDeadline", state);
  ExportFunction<SetPausedNapi>(env, exports, "requestSetPaused", state);
  ExportFunction<SendNapi>(env, exports, "requestSend", state);
  ExportFunction<TakeReplyNapi>(env, exports, "requestTakeReply", state);
}

}  // namespace bitcoin_support
