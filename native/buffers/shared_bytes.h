// Long bodies that wait to be written, each stored once however many buffers it waits in.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

struct evbuffer;

namespace bitcoin_support {

class ByteSource;

/// Bytes that stay where they are for as long as somebody holds them.
struct HeldBytes {
  std::string_view view;
  std::shared_ptr<const void> owner;

  /// Adds a reference to the bytes from `start` on to the end of `buffer`. @throws std::bad_alloc
  void AppendTo(evbuffer* buffer, size_t start = 0) const;
};

/// A server may send the same long body to many peers that read slowly.
///
/// The memory of a Uint8Array is held as it is, and not copied. JavaScript may drop the array, and must not
/// change it until it has been sent. A string is copied, but only once: as long as a buffer holds the copy,
/// an equal body is added as a reference to it. So is an array whose memory cannot be held.
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

  /// What is shorter than kLeast is copied. @throws std::bad_alloc
  HeldBytes Hold(const ByteSource& bytes);
  /// Adds `bytes` to the end of `buffer`. @throws std::bad_alloc
  void Append(const ByteSource& bytes, evbuffer* buffer);

 private:
  class Copy;
  struct Index;

  const std::shared_ptr<Index> m_index;
};

}  // namespace bitcoin_support
