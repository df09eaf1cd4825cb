// Long bodies that wait to be written, each held once however many wait for it.
#pragma once

#include <cstddef>
#include <memory>

struct evbuffer;

namespace bitcoin_support {

class ByteSource;

/// A server may give the same long body to many peers that read slowly. What JavaScript holds it in may
/// change or go at any time, so it is copied all the same, but once: as long as some buffer holds the copy,
/// whatever is equal to it is added as a reference to it.
///
/// The copies belong to the buffers that hold them, and are wiped when the last one lets go: they may outlive
/// this, but not the thread.
class SharedBytes {
 public:
  /// Fewer bytes than this are copied each time.
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
