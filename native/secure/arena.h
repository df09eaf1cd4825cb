// Hands out chunks of an address range that it never touches.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>

namespace bitcoin_support {

/// After Bitcoin Core's Arena. It takes a chunk from the end of the smallest free chunk that is large enough,
/// and joins neighbours again when they are freed. All bookkeeping is outside the range, so that an overrun
/// cannot damage it. Not thread-safe.
class Arena {
 public:
  struct Stats {
    size_t used = 0;         ///< bytes handed out, rounded up to the alignment
    size_t free = 0;         ///< bytes left
    size_t total = 0;        ///< used + free
    size_t chunks_used = 0;  ///< chunks handed out
    size_t chunks_free = 0;  ///< free chunks
  };

  /// The range is `size` bytes from `base`; `alignment` is a power of two.
  Arena(void* base, size_t size, size_t alignment);

  /// @returns null for 0 bytes and when no free chunk is large enough
  void* Alloc(size_t size);

  /// Takes a chunk back; null is ignored.
  /// @throws std::runtime_error when `ptr` is not a chunk's first byte, as after a double free
  void Free(void* ptr);

  Stats GetStats() const;

  /// Whether no chunk is handed out.
  bool Empty() const noexcept { return m_used.empty(); }

  /// Whether `ptr` points into the range.
  bool AddressInArena(const void* ptr) const noexcept;

  /// @returns one line for each chunk: its offset, its length and whether it is in use; never its bytes
  std::string Walk() const;

  char* base() const noexcept { return m_base; }
  size_t size() const noexcept { return m_size; }

 private:
  using BySize = std::multimap<size_t, char*>;

  void AddFree(char* chunk, size_t size);

  char* const m_base;
  const size_t m_size;
  const size_t m_alignment;
  BySize m_free_by_size;
  std::map<char*, BySize::iterator> m_free_by_address;
  std::unordered_map<char*, size_t> m_used;
  size_t m_used_bytes = 0;
};

}  // namespace bitcoin_support
