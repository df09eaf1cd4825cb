// Long bodies that wait to be written, each stored once however many buffers it waits in.
#pragma once

#include <cstddef>
#include <memory>

struct evbuffer;

namespace bitcoin_support {

class ByteSource;

/// A server may send the same long body to many peers that read slowly. JavaScript may change or release its
/// memory at any time, so a body is copied, but only once: as long as a buffer holds the copy, an equal body
/// is added as a reference to it.
///
/// A copy belongs to the buffers that hold it, and is wiped when the last of them releases it. It may outlive
/// this object, but not the thread.
class SharedBytes {
 public:
  /// A shorter body is copied each time.
  static constexpr size_t kLeast = 64 * 1024;

  SharedBytes();
  ~SharedBytes();
  SharedBytes(const SharedBytes&) = delete;
  SharedBytes& operator=(const SharedBytes&) = delete;

  /// Adds `bytes` to the end of `buffer`. @throws std::bad_alloc
  void Append(const ByteSource& bytes, evbuffer* buffer);

 private:
  class Copy;
  struct Index;

  const std::shared_ptr<Index> m_index;
};

}  // namespace bitcoin_support
