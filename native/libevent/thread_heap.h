// What a thread keeps under libevent's allocator: wiped blocks for its next request, and its share of the
// count of live blocks.
#pragma once

#include <array>
#include <cstddef>
#include <unordered_map>

namespace bitcoin_support {

class FreeWatch;

/// One size class: blocks that all have at least its size, each holding the address of the next.
class SizeClass {
 public:
  void* Pop() {
    void* const block = m_first;
    if (block == nullptr) return nullptr;
    m_first = *static_cast<void**>(block);
    --m_count;
    return block;
  }

  bool Push(void* block) {
    if (m_count == kBlocks) return false;
    *static_cast<void**>(block) = m_first;
    m_first = block;
    ++m_count;
    return true;
  }

 private:
  static constexpr unsigned kBlocks = 128;
  void* m_first = nullptr;
  unsigned m_count = 0;
};

/// Size classes of equal distance. malloc's blocks are a few bytes smaller than the distance's multiples (its
/// own header comes out of them), which kHeader evens out, so that a freed block serves the size it was made
/// for.
template <std::size_t kStep, std::size_t kClasses>
struct SizeClasses {
  static constexpr std::size_t kHeader = sizeof(void*);
  static constexpr std::size_t kLargest = kStep * kClasses - kHeader;

  /// Rounds up, where ForBlock() rounds down: every block of the class is large enough.
  SizeClass& ForRequest(std::size_t size) { return classes[(size + kHeader + kStep - 1) / kStep - 1]; }
  SizeClass& ForBlock(std::size_t usable) { return classes[(usable + kHeader) / kStep - 1]; }
  static constexpr std::size_t kSmallest = kStep - kHeader;

  std::array<SizeClass, kClasses> classes;
};

/// evhttp allocates and frees some thirty blocks a request, so this is on the hot path of every one: a
/// pointer in the thread's static TLS leads to it, and nothing in it is atomic.
class ThreadHeap {
 public:
  /// This thread's; null when the thread is ending.
  static ThreadHeap* Get();

  /// Blocks that all threads have allocated and not freed, those that have ended included.
  static std::size_t LiveBlocks();

  /// A cached block of at least `size` bytes, or null: then malloc has to serve.
  void* Take(std::size_t size);
  /// Keeps a wiped malloc block of `usable` bytes. @returns false when it does not: the caller frees it.
  bool Keep(void* ptr, std::size_t usable);

  void Count(long change) { __atomic_store_n(&m_live, m_live + change, __ATOMIC_RELAXED); }

  /// Those that want to hear of a block's end, by block.
  std::unordered_map<const void*, FreeWatch*>& watches() { return m_watches; }

  ThreadHeap();
  ~ThreadHeap();
  ThreadHeap(const ThreadHeap&) = delete;
  ThreadHeap& operator=(const ThreadHeap&) = delete;

 private:
  static ThreadHeap* Make();

  SizeClasses<16, 64> m_small;   // headers, strings, evbuffers: to 1 KiB
  SizeClasses<1024, 8> m_large;  // evbuffer's chains for reading: to 8 KiB
  std::unordered_map<const void*, FreeWatch*> m_watches;
  long m_live = 0;  // written by this thread alone; others read it
};

}  // namespace bitcoin_support
