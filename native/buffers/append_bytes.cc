#include "buffers/append_bytes.h"

#include <new>

#include "napi/byte_source.h"

namespace bitcoin_support {

void AppendBytes(const ByteSource& bytes, evbuffer* buffer) {
  const size_t size = bytes.size();
  if (size == 0) return;
  const auto copy = [&](char* space, size_t) {
    bytes.CopyTo(space);
    return size;
  };
  // One more than is committed: see ByteSource::CopyTo().
  if (!AppendInPlace(buffer, size + 1, copy)) throw std::bad_alloc();
}

void AppendBytes(Napi::Env env, napi_value value, evbuffer* buffer) {
  AppendBytes(ByteSource(env, value), buffer);
}

}  // namespace bitcoin_support
