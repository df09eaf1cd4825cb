// A part of an evbuffer's content as one piece of memory.
#pragma once

#include <cstddef>

struct evbuffer;

namespace bitcoin_support {

/// Refers to the bytes where the evbuffer has them in one piece, and to a copy otherwise. Use it within one
/// native call, and do not change the evbuffer meanwhile.
class FlatBytes {
 public:
  /// @throws std::bad_alloc
  FlatBytes(evbuffer* buffer, size_t start, size_t size);
  ~FlatBytes();
  FlatBytes(const FlatBytes&) = delete;
  FlatBytes& operator=(const FlatBytes&) = delete;

  const char* data() const { return m_data; }

 private:
  const char* m_data = "";
  void* m_copy = nullptr;
};

}  // namespace bitcoin_support
