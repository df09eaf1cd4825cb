#include "http/ev_http_request.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>

#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "buffers/flat_bytes.h"
#include "buffers/memory_block.h"
#include "http/http_method.h"
#include "http/http_text.h"
#include "memory/secure_arguments.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support {
namespace {

// What HeaderIntoNapi() and BodyIntoNapi() return when the buffer does not take the bytes.
constexpr int kFailed = -1;

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
  const Napi::Env env = info.Env();
  evbuffer* const input = evhttp_request_get_input_buffer(request);
  const size_t length = evbuffer_get_length(input);
  if (length >= MemoryBlock::kLeast) return MemoryBlock::BufferOf(env, input, length);
  void* data = nullptr;
  napi_value buffer;
  if (napi_create_buffer(env, length, &data, &buffer) != napi_ok) throw Napi::Error::New(env);
  evbuffer_copyout(input, data, length);
  return Napi::Value(env, buffer);
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

EvHttpRequest::EvHttpRequest(EventBase& base, evhttp_request* request)
    : BaseChild(base, base.env().type_for(kKind), kKind), m_request(request) {}

EvHttpRequest::EvHttpRequest(Environment& env, OwnRequest request)
    : BaseChild(env, env.type_for(kKind), kKind), m_request(request.get()), m_own(std::move(request)) {}

EvHttpRequest::~EvHttpRequest() = default;

EvHttpRequest& EvHttpRequest::At(const Napi::CallbackInfo& info, size_t index) {
  EvHttpRequest& self = Environment::From(info).Get<EvHttpRequest>(info[index]);
  self.CheckThere();
  return self;
}

void EvHttpRequest::ForgetRequest() {
  m_request = nullptr;
  m_input_view.Invalidate();
}

void EvHttpRequest::InvalidateViews() {
  m_input_view.Invalidate();
  m_output_view.Invalidate();
}

evkeyvalq* EvHttpRequest::HeadersArg(const Napi::CallbackInfo& info, bool input) {
  evhttp_request* const request = This(info).m_request;
  return input ? evhttp_request_get_input_headers(request) : evhttp_request_get_output_headers(request);
}

template <auto kFunction>
Napi::Value EvHttpRequest::OnRequestNapi(const Napi::CallbackInfo& info) {
  return kFunction(info, This(info).m_request);
}

// (request): throws when the request has ended or its connection is closing
Napi::Value EvHttpRequest::CheckUsableNapi(const Napi::CallbackInfo& info) {
  This(info);
  return info.Env().Undefined();
}

// (request)
Napi::Value EvHttpRequest::GetCommandNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), This(info).Command());
}

// (request) -> the method's name
Napi::Value EvHttpRequest::GetMethodNapi(const Napi::CallbackInfo& info) {
  const EvHttpRequest& self = This(info);
  const unsigned command = self.Command();
  const std::string_view name = command != 0 ? NameOfMethod(command) : self.ExtensionMethod();
  return Napi::String::New(info.Env(), name.data(), name.size());
}

// (request) -> undefined before it is made
Napi::Value EvHttpRequest::GetUriNapi(const Napi::CallbackInfo& info) {
  return Latin1OrUndefined(info.Env(), This(info).Uri());
}

// (request, input) -> number of the buffer's handle
Napi::Value EvHttpRequest::GetBufferNapi(const Napi::CallbackInfo& info) {
  EvHttpRequest& self = This(info);
  const bool input = BoolArg(info, 1);
  if (!input) self.CheckOutputIsOurs();
  evbuffer* const buffer = input ? evhttp_request_get_input_buffer(self.m_request)
                                 : evhttp_request_get_output_buffer(self.m_request);
  BufferView& view = input ? self.m_input_view : self.m_output_view;
  return Napi::Number::New(info.Env(),
                           view.Get(self.env(), self.BaseOrNull(), buffer, EvBuffer::Use::kFree).number());
}

// (request) -> number of the connection's handle, 0 without a connection
Napi::Value EvHttpRequest::GetConnectionNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), This(info).ObtainConnection());
}

// --- into secure buffers: no JavaScript string and no copy on the heap ---------------------------------

// (request, name, buffer's number) -> 1, 0 when there is no such header, -1 when the buffer does not take it
Napi::Value EvHttpRequest::HeaderIntoNapi(const Napi::CallbackInfo& info) {
  evkeyvalq* const headers = evhttp_request_get_input_headers(This(info).m_request);
  const HttpText name(info.Env(), info[1], "header name");
  SecureBuffer buffer(BufferNumberArg(info, 2));
  const char* const value = evhttp_find_header(headers, name.c_str());
  int result = kFailed;
  if (value == nullptr) {
    if (buffer.IsValid()) result = 0;
  } else if (buffer.Write({reinterpret_cast<const unsigned char*>(value), std::strlen(value)})) {
    result = 1;
  }
  return Napi::Number::New(info.Env(), result);
}

// (request, buffer's number) -> bytes, -1 when the buffer does not take them
Napi::Value EvHttpRequest::BodyIntoNapi(const Napi::CallbackInfo& info) {
  evbuffer* const input = evhttp_request_get_input_buffer(This(info).m_request);
  SecureBuffer buffer(BufferNumberArg(info, 1));
  const size_t length = evbuffer_get_length(input);
  // A pull-up would join the pieces in a copy of them all.
  std::vector<evbuffer_iovec> extents(static_cast<size_t>(evbuffer_peek(input, -1, nullptr, nullptr, 0)));
  const int count = evbuffer_peek(input, -1, nullptr, extents.data(), static_cast<int>(extents.size()));
  std::vector<SecureBuffer::Bytes> pieces;
  pieces.reserve(extents.size());
  for (const evbuffer_iovec& extent : std::span(extents).first(static_cast<size_t>(count))) {
    pieces.emplace_back(static_cast<const unsigned char*>(extent.iov_base), extent.iov_len);
  }
  const bool written = buffer.Write(std::span<const SecureBuffer::Bytes>(pieces));
  return Napi::Number::New(info.Env(), written ? static_cast<double>(length) : kFailed);
}

void EvHttpRequest::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<CheckUsableNapi>(env, exports, "requestCheckUsable", state);
  ExportFunction<GetCommandNapi>(env, exports, "requestGetCommand", state);
  ExportFunction<GetMethodNapi>(env, exports, "requestGetMethod", state);
  ExportFunction<GetUriNapi>(env, exports, "requestGetUri", state);
  ExportFunction<OnRequestNapi<GetHost>>(env, exports, "requestGetHost", state);
  ExportFunction<OnRequestNapi<GetHttpVersion>>(env, exports, "requestGetHttpVersion", state);
  ExportFunction<OnRequestNapi<GetResponseCode>>(env, exports, "requestGetResponseCode", state);
  ExportFunction<OnRequestNapi<GetResponseCodeLine>>(env, exports, "requestGetResponseCodeLine", state);
  ExportFunction<OnRequestNapi<GetBody>>(env, exports, "requestBody", state);
  ExportFunction<OnRequestNapi<GetBodyText>>(env, exports, "requestBodyText", state);
  ExportFunction<GetBufferNapi>(env, exports, "requestGetBuffer", state);
  ExportFunction<GetConnectionNapi>(env, exports, "requestGetConnection", state);
  ExportFunction<HeaderIntoNapi>(env, exports, "requestHeaderInto", state);
  ExportFunction<BodyIntoNapi>(env, exports, "requestBodyInto", state);
}

template void ExportHandleType<EvHttpRequest>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
