// A long body in one piece.
#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>
#include <string_view>

struct evbuffer;

namespace bitcoin_support {

/// One piece of libevent's heap, which evbuffers and ArrayBuffers may share. It is wiped when the last of
/// them lets go of it, unless JavaScript has had it: V8 does not wipe its own memory either.
class MemoryBlock {
 public:
  /// What is shorter is better copied.
  static constexpr size_t kLeast = 64 * 1024;

  /// @throws std::bad_alloc
  explicit MemoryBlock(size_t capacity);
  ~MemoryBlock();
  MemoryBlock(const MemoryBlock&) = delete;
  MemoryBlock& operator=(const MemoryBlock&) = delete;

  /// Where the next bytes go, and for how many of them there is room.
  char* end() { return m_data + m_size; }
  size_t room() const { return m_capacity - m_size; }
  /// So many bytes have been written there.
  void Commit(size_t bytes) { m_size += bytes; }

  std::string_view view() const { return {m_data, m_size}; }

  /// Adds a reference to the block's bytes to the end of `buffer`. @throws std::bad_alloc
  static void Append(const std::shared_ptr<MemoryBlock>& block, evbuffer* buffer);

  /// The first `length` bytes of `buffer` as a Buffer of JavaScript's own. They stay in `buffer`. When they
  /// are all of a block, and JavaScript has not got its memory before, it gets the memory itself; else, and
  /// where Node allows no such Buffers, a copy. @throws std::bad_alloc
  static Napi::Value BufferOf(Napi::Env env, evbuffer* buffer, size_t length);

 private:
  static std::shared_ptr<MemoryBlock> Only(evbuffer* buffer, size_t length);
  static void HastenCollection(Napi::Env env);
  static Napi::Value ToBuffer(Napi::Env env, std::shared_ptr<MemoryBlock> block);

  char* const m_data;
  const size_t m_capacity;
  size_t m_size = 0;
  bool m_javascripts = false;  // ToBuffer() has been called
};

}  // namespace bitcoin_support
