#include "buffers/flat_bytes.h"

#include <event2/buffer.h>

#include <new>

#include "libevent/scrubbing_heap.h"

namespace bitcoin_support {

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
