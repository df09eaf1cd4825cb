// What a request has brought, straight into secure buffers: no JavaScript string and no copy on the heap.
#include <event2/buffer.h>
#include <event2/http.h>

#include <cstring>
#include <span>
#include <vector>

#include "http/ev_http_request.h"
#include "http/http_text.h"
#include "memory/secure_arguments.h"
#include "napi/arguments.h"
#include "napi/exports.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support {
namespace {

constexpr int kFailed = -1;

}  // namespace

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

void EvHttpRequest::ExportSecure(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<HeaderIntoNapi>(env, exports, "requestHeaderInto", state);
  ExportFunction<BodyIntoNapi>(env, exports, "requestBodyInto", state);
}

}  // namespace bitcoin_support
