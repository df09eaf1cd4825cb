#include "buffer_bytes.h"

#include <event2/buffer.h>

#include <algorithm>
#include <memory>
#include <new>

#include "byte_span.h"
#include "environment.h"
#include "errors.h"
#include "ev_buffer.h"
#include "http_body.h"
#include "reply_body.h"

namespace bitcoin_support {
namespace {

struct Freer {
  void operator()(evbuffer* buffer) const { evbuffer_free(buffer); }
};

[[noreturn]] void ThrowFrozen(const EvBuffer& buffer, const char* end) {
  ThrowEventError(buffer.env(), code::kState, std::string("the buffer is frozen at its ") + end);
}

}  // namespace

void CheckEndOpen(const EvBuffer& buffer) {
  // Committing nothing does nothing, and fails on a frozen buffer alone.
  if (evbuffer_commit_space(buffer.buffer(), nullptr, 0) != 0) ThrowFrozen(buffer, "end");
}

void CheckStartOpen(const EvBuffer& buffer) {
  // So does draining nothing.
  if (evbuffer_drain(buffer.buffer(), 0) != 0) ThrowFrozen(buffer, "start");
}

void AddBytes(EvBuffer& buffer, napi_value value) {
  CheckEndOpen(buffer);
  AppendBytes(buffer.env().napi(), value, buffer.buffer());
}

void PrependBytes(EvBuffer& buffer, napi_value value) {
  // A string's bytes exist only once they have been written somewhere.
  const std::unique_ptr<evbuffer, Freer> bytes(evbuffer_new());
  if (bytes == nullptr) throw std::bad_alloc();
  AppendBytes(buffer.env().napi(), value, bytes.get());
  if (evbuffer_prepend_buffer(buffer.buffer(), bytes.get()) != 0) ThrowFrozen(buffer, "start");
}

void DrainBytes(EvBuffer& buffer, size_t size) {
  if (evbuffer_drain(buffer.buffer(), size) != 0) ThrowFrozen(buffer, "start");
}

Napi::Value CopyBytes(const EvBuffer& buffer, size_t start, size_t size) {
  const Napi::Env env = buffer.env().napi();
  size = std::min(size, evbuffer_get_length(buffer.buffer()) - start);
  if (size > 0) CheckStartOpen(buffer);
  void* data = nullptr;
  napi_value copy;
  if (napi_create_buffer(env, size, &data, &copy) != napi_ok) throw Napi::Error::New(env);
  evbuffer_ptr from{};
  evbuffer_ptr_set(buffer.buffer(), &from, start, EVBUFFER_PTR_SET);
  evbuffer_copyout_from(buffer.buffer(), &from, data, size);
  return Napi::Value(env, copy);
}

size_t CopyBytesInto(const EvBuffer& buffer, size_t start, napi_value target) {
  const Napi::Env env = buffer.env().napi();
  napi_typedarray_type type{};
  bool is_typed_array = false;
  napi_is_typedarray(env, target, &is_typed_array);
  if (!is_typed_array ||
      napi_get_typedarray_info(env, target, &type, nullptr, nullptr, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    ThrowTypeError(env, "not a Uint8Array");
  }
  const ByteSpan span = ByteSpan::Of(env, target);
  const size_t size = std::min(span.size, evbuffer_get_length(buffer.buffer()) - start);
  if (size == 0) return 0;
  CheckStartOpen(buffer);
  evbuffer_ptr from{};
  evbuffer_ptr_set(buffer.buffer(), &from, start, EVBUFFER_PTR_SET);
  evbuffer_copyout_from(buffer.buffer(), &from, span.data, size);
  return size;
}

}  // namespace bitcoin_support
