#include "buffers/append_bytes.h"

#include <event2/buffer.h>

#include <new>

#include "napi/byte_source.h"

namespace bitcoin_support {

void AppendBytes(Napi::Env env, napi_value value, evbuffer* buffer) {
  AppendBytes(ByteSource(env, value), buffer);
}

void AppendBytes(const ByteSource& bytes, evbuffer* buffer) {
  if (bytes.size() == 0) return;
  evbuffer_iovec space{};
  // One more than is committed: see ByteSource::CopyTo().
  if (evbuffer_reserve_space(buffer, static_cast<ev_ssize_t>(bytes.size() + 1), &space, 1) != 1) {
    throw std::bad_alloc();
  }
  bytes.CopyTo(static_cast<char*>(space.iov_base));
  space.iov_len = bytes.size();
  if (evbuffer_commit_space(buffer, &space, 1) != 0) throw std::bad_alloc();
}

}  // namespace bitcoin_support
