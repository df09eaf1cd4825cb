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

  bool Push(void* block, unsigned most) {
    if (m_count >= most) return false;
    *static_cast<void**>(block) = m_first;
    m_first = block;
    ++m_count;
    return true;
  }

 private:
  void* m_first = nullptr;
  unsigned m_count = 0;
};

/// Size classes of equal distance, the first for kFirst bytes, each with at most kBlocks blocks.
template <size_t kFirst, size_t kStep, size_t kClasses, unsigned kBlocks>
struct SizeClasses {
  static constexpr size_t kSmallest = kFirst;
  static constexpr size_t kLargest = kFirst + kStep * (kClasses - 1);

  /// For at most kLargest bytes. Rounds up, where Keep() rounds down: every block of the class is large
  /// enough.
  void* Take(size_t size) { return classes[size <= kFirst ? 0 : (size - kFirst + kStep - 1) / kStep].Pop(); }
  /// For at least kFirst bytes. @returns false when there is no room for it
  bool Keep(void* block, size_t usable) {
    const size_t index = (usable - kFirst) / kStep;
    return index < kClasses && classes[index].Push(block, kBlocks);
  }

  std::array<SizeClass, kClasses> classes;
};

/// Size classes of blocks above 16 KiB: four for each power of two, so that a block is at most a quarter
/// larger than what was asked for.
class LargeClasses {
 public:
  static constexpr size_t kSmallest = 16 * 1024;
  static constexpr size_t kLargest = 16 * 1024 * 1024;

  /// @param most_bytes that all together hold
  explicit LargeClasses(size_t most_bytes) : m_most_bytes(most_bytes) {}

  /// The size to allocate for a request of `size` bytes, so that the block can serve its whole class.
  static size_t RoundUp(size_t size);

  /// A block of at least `size` bytes, or null.
  void* Take(size_t size);
  /// @returns false when it does not keep the block: the caller frees it
  bool Keep(void* block, size_t usable);
  /// Gives the blocks in it back to malloc.
  void Empty();

 private:
  static constexpr size_t kSteps = 4;
  static constexpr size_t kClasses = 10 * kSteps + 1;

  // The class whose blocks all have at least `size` bytes, and the one of a block with `usable` bytes.
  static size_t IndexFor(size_t size);
  static size_t IndexOf(size_t usable);
  static size_t SizeAt(size_t index);

  std::array<SizeClass, kClasses> m_classes;
  const size_t m_most_bytes;
  size_t m_bytes = 0;
};

/// evhttp allocates and frees some thirty blocks a request, so this is on the hot path of every one: a
/// pointer in the thread's static TLS leads to it, and nothing in it is atomic.
class ThreadHeap {
 public:
  /// This thread's; null when the thread is ending.
  static ThreadHeap* Get();
  /// This thread's; null also when it has none yet.
  static ThreadHeap* Peek();

  /// Blocks that all threads have allocated and not freed, those that have ended included.
  static size_t LiveBlocks();

  /// A cached block of at least `size` bytes, or null: then malloc has to serve.
  void* Take(size_t size);
  /// Keeps a wiped malloc block of `usable` bytes. @returns false when it does not: the caller frees it.
  bool Keep(void* ptr, size_t usable);

  /// Gives the blocks in it back to malloc.
  void Empty();

  void Count(long change) { __atomic_store_n(&m_live, m_live + change, __ATOMIC_RELAXED); }

  /// Blocks that JavaScript has had. They are not wiped, as V8 does not wipe its own, so they serve for
  /// nothing else.
  LargeClasses& javascripts() { return m_javascripts; }

  /// The watches of this thread, by the block that each watches.
  std::unordered_map<const void*, FreeWatch*>& watches() { return m_watches; }

  ThreadHeap();
  ~ThreadHeap();
  ThreadHeap(const ThreadHeap&) = delete;
  ThreadHeap& operator=(const ThreadHeap&) = delete;

 private:
  static constexpr size_t kMiB = 1024 * 1024;

  static ThreadHeap* Make();

  // malloc's blocks have room for 24 bytes, 40, 56 …, and what is asked for is as often as not a power of
  // two. A request over HTTP takes some ten of the smallest, and many are under way at a time.
  SizeClasses<24, 16, 4, 1024> m_tiny;       ///< headers, strings: to 72 bytes
  SizeClasses<88, 16, 59, 128> m_small;      ///< requests, evbuffers: to 1016 bytes
  SizeClasses<1024, 1024, 16, 64> m_chains;  ///< of evbuffers: to 16 KiB
  LargeClasses m_large{16 * kMiB};           ///< long bodies: mapping them each time costs more than copying
  LargeClasses m_javascripts{32 * kMiB};     ///< what one garbage collection gives back
  std::unordered_map<const void*, FreeWatch*> m_watches;
  long m_live = 0;  ///< written by this thread alone; others read it
};

}  // namespace bitcoin_support
