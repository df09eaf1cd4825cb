#include "buffers/buffer_bytes.h"

#include <event2/buffer.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "buffers/append_bytes.h"
#include "buffers/ev_buffer.h"
#include "buffers/unique_buffer.h"
#include "libevent/scrubbing_heap.h"
#include "napi/arguments.h"
#include "napi/byte_source.h"
#include "napi/byte_span.h"
#include "napi/environment.h"
#include "napi/errors.h"

namespace bitcoin_support {

size_t PositionArg(const Napi::CallbackInfo& info, size_t index, const EvBuffer& buffer) {
  const double position = NumberArg(info, index);
  const auto length = static_cast<double>(evbuffer_get_length(buffer.buffer()));
  if (!(position >= 0 && position <= length) || std::floor(position) != position) {
    ThrowRangeError(info.Env(), "the start must be a position in the buffer, which has " +
                                    std::to_string(static_cast<uint64_t>(length)) + " bytes");
  }
  return static_cast<size_t>(position);
}

void ThrowFrozen(const EvBuffer& buffer, const char* end) {
  ThrowEventError(buffer.env(), code::kState, std::string("the buffer is frozen at its ") + end);
}

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
  const UniqueBuffer bytes = NewBuffer();
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

void CopyBuffer(EvBuffer& buffer, const EvBuffer& from) {
  const int count = evbuffer_peek(from.buffer(), -1, nullptr, nullptr, 0);
  std::vector<evbuffer_iovec> pieces(static_cast<size_t>(count));
  evbuffer_peek(from.buffer(), -1, nullptr, pieces.data(), count);
  const UniqueBuffer copy = NewBuffer();
  for (const evbuffer_iovec& piece : pieces) {
    if (evbuffer_add(copy.get(), piece.iov_base, piece.iov_len) != 0) throw std::bad_alloc();
  }
  evbuffer_add_buffer(buffer.buffer(), copy.get());
}

FlatBytes::FlatBytes(evbuffer* buffer, size_t start, size_t size) {
  if (size == 0) return;
  evbuffer_ptr from{};
  evbuffer_ptr_set(buffer, &from, start, EVBUFFER_PTR_SET);
  evbuffer_iovec first{};
  evbuffer_peek(buffer, static_cast<ev_ssize_t>(size), &from, &first, 1);
  if (first.iov_len >= size) {
    m_data = static_cast<const char*>(first.iov_base);
    return;
  }
  // Not evbuffer_pullup(): it writes behind the end of a piece that other buffers may refer to.
  m_copy = ScrubbingMalloc(size);
  if (m_copy == nullptr) throw std::bad_alloc();
  evbuffer_copyout_from(buffer, &from, m_copy, size);
  m_data = static_cast<const char*>(m_copy);
}

FlatBytes::~FlatBytes() { ScrubbingFree(m_copy); }

}  // namespace bitcoin_support
