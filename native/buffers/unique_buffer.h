// An evbuffer with one owner.
#pragma once

#include <event2/buffer.h>

#include <memory>
#include <new>

namespace bitcoin_support {

struct BufferDeleter {
  void operator()(evbuffer* buffer) const { evbuffer_free(buffer); }
};
using UniqueBuffer = std::unique_ptr<evbuffer, BufferDeleter>;

/// @throws std::bad_alloc
inline UniqueBuffer NewBuffer() {
  UniqueBuffer buffer(evbuffer_new());
  if (buffer == nullptr) throw std::bad_alloc();
  return buffer;
}

}  // namespace bitcoin_support
