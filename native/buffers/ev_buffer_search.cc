// The native functions that look into an EvBuffer. A position is a number of bytes from the start.
#include <event2/buffer.h>

#include <algorithm>
#include <vector>

#include "buffers/append_bytes.h"
#include "buffers/buffer_bytes.h"
#include "buffers/ev_buffer.h"
#include "buffers/unique_buffer.h"
#include "libevent/scrubbing_heap.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/list.h"

namespace bitcoin_support {
namespace {

EvBuffer& This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EvBuffer>(info[0]); }

evbuffer_ptr PtrAt(const EvBuffer& buffer, size_t position) {
  evbuffer_ptr ptr{};
  evbuffer_ptr_set(buffer.buffer(), &ptr, position, EVBUFFER_PTR_SET);
  return ptr;
}

evbuffer_eol_style EolArg(const Napi::CallbackInfo& info, size_t index) {
  const int style = IntArg(info, index);
  if (style < EVBUFFER_EOL_ANY || style > EVBUFFER_EOL_NUL) ThrowRangeError(info.Env(), "no style of lines");
  return static_cast<evbuffer_eol_style>(style);
}

Napi::Value TextOrBuffer(Napi::Env env, const char* data, size_t size, bool text) {
  napi_value value;
  const napi_status status = text ? napi_create_string_utf8(env, data, size, &value)
                                  : napi_create_buffer_copy(env, size, data, nullptr, &value);
  if (status != napi_ok) throw Napi::Error::New(env);
  return Napi::Value(env, value);
}

// (buffer, what, start, end) -> position, -1 when it is not there
Napi::Value SearchNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  const UniqueBuffer what = NewBuffer();
  AppendBytes(info.Env(), info[1], what.get());
  const size_t start = PositionArg(info, 2, self);
  const size_t end = PositionArg(info, 3, self);
  const size_t size = evbuffer_get_length(what.get());
  if (start > end || size > end - start) return Napi::Number::New(info.Env(), -1);
  if (size == 0) return Napi::Number::New(info.Env(), static_cast<double>(start));
  const FlatBytes bytes(what.get(), 0, size);
  const evbuffer_ptr from = PtrAt(self, start);
  const evbuffer_ptr to = PtrAt(self, end);
  const evbuffer_ptr found = evbuffer_search_range(self.buffer(), bytes.data(), size, &from, &to);
  return Napi::Number::New(info.Env(), static_cast<double>(found.pos));
}

// (buffer, start, style) -> [position, length of the line's end], undefined when there is none
Napi::Value SearchEolNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  evbuffer_ptr from = PtrAt(self, PositionArg(info, 1, self));
  size_t length = 0;
  const evbuffer_ptr found = evbuffer_search_eol(self.buffer(), &from, &length, EolArg(info, 2));
  if (found.pos < 0) return info.Env().Undefined();
  return NewList(info.Env(), {Napi::Number::New(info.Env(), static_cast<double>(found.pos)),
                              Napi::Number::New(info.Env(), static_cast<double>(length))});
}

// (buffer, style, as text) -> the line, undefined when there is none
Napi::Value ReadlnNapi(const Napi::CallbackInfo& info) {
  EvBuffer& self = This(info);
  self.CheckMayChange();
  const evbuffer_eol_style style = EolArg(info, 1);
  const bool text = BoolArg(info, 2);
  CheckStartOpen(self);
  EvBuffer::Operation operation(self);
  size_t length = 0;
  const std::unique_ptr<char, decltype(&ScrubbingFree)> line(evbuffer_readln(self.buffer(), &length, style),
                                                             ScrubbingFree);
  if (line == nullptr) return info.Env().Undefined();
  return operation.End(TextOrBuffer(info.Env(), line.get(), length, text));
}

// (buffer, start, bytes) -> list of Buffers, one for each piece
Napi::Value PeekNapi(const Napi::CallbackInfo& info) {
  const EvBuffer& self = This(info);
  const size_t start = PositionArg(info, 1, self);
  size_t left =
      std::min(static_cast<size_t>(ByteLimitArg(info, 2)), evbuffer_get_length(self.buffer()) - start);
  std::vector<napi_value> list;
  if (left == 0) return NewList(info.Env(), list);
  evbuffer_ptr from = PtrAt(self, start);
  const auto wanted = static_cast<ev_ssize_t>(left);
  std::vector<evbuffer_iovec> pieces(
      static_cast<size_t>(evbuffer_peek(self.buffer(), wanted, &from, nullptr, 0)));
  evbuffer_peek(self.buffer(), wanted, &from, pieces.data(), static_cast<int>(pieces.size()));
  for (const evbuffer_iovec& piece : pieces) {
    const size_t size = std::min(piece.iov_len, left);
    if (size == 0) continue;
    left -= size;
    list.push_back(TextOrBuffer(info.Env(), static_cast<const char*>(piece.iov_base), size, false));
  }
  return NewList(info.Env(), list);
}

}  // namespace

void EvBuffer::ExportSearch(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<SearchNapi>(env, exports, "bufferSearch", state);
  ExportFunction<SearchEolNapi>(env, exports, "bufferSearchEol", state);
  ExportFunction<ReadlnNapi>(env, exports, "bufferReadln", state);
  ExportFunction<PeekNapi>(env, exports, "bufferPeek", state);
}

}  // namespace bitcoin_support
