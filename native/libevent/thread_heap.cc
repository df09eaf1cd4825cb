#include "libevent/thread_heap.h"

#include <bit>
#include <cstdlib>
#include <mutex>
#include <set>

namespace bitcoin_support {
namespace {

#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
// A block in a cache would look alive to the sanitizer.
constexpr bool kCaches = false;
#else
constexpr bool kCaches = true;
#endif

struct Threads {
  std::mutex mutex;
  std::set<const ThreadHeap*> heaps;
  long ended = 0;  // what ended threads have left over
};

// Never destroyed: threads may end while the process runs its exit handlers.
Threads& GetThreads() {
  static Threads* const threads = new Threads;
  return *threads;
}

// A single pointer fits into the static TLS that the loader keeps in reserve; the general model would cost a
// function call at each access.
thread_local ThreadHeap* t_heap __attribute__((tls_model("initial-exec"))) = nullptr;
thread_local bool t_ended __attribute__((tls_model("initial-exec"))) = false;

void FreeBlocks(SizeClass& entry) {
  while (void* const block = entry.Pop()) std::free(block);
}

}  // namespace

size_t LargeClasses::SizeAt(size_t index) {
  return (kSmallest << (index / kSteps)) / kSteps * (kSteps + index % kSteps);
}

size_t LargeClasses::IndexOf(size_t usable) {
  const auto octave = static_cast<size_t>(std::bit_width(usable / kSmallest)) - 1;
  return octave * kSteps + (usable - (kSmallest << octave)) / ((kSmallest << octave) / kSteps);
}

size_t LargeClasses::IndexFor(size_t size) {
  const size_t index = IndexOf(size);
  return SizeAt(index) < size ? index + 1 : index;
}

size_t LargeClasses::RoundUp(size_t size) {
  return size <= kSmallest || size > kLargest ? size : SizeAt(IndexFor(size));
}

void* LargeClasses::Take(size_t size) {
  if (!kCaches || size < kSmallest || size > kLargest) return nullptr;
  const size_t index = IndexFor(size);
  void* const block = m_classes[index].Pop();
  if (block != nullptr) m_bytes -= SizeAt(index);
  return block;
}

bool LargeClasses::Keep(void* block, size_t usable) {
  if (!kCaches || usable < kSmallest || usable >= kLargest + kSmallest) return false;
  const size_t index = IndexOf(usable);
  if (m_bytes + SizeAt(index) > m_most_bytes) return false;
  m_bytes += SizeAt(index);
  return m_classes[index].Push(block, static_cast<unsigned>(m_most_bytes / kSmallest));
}

void LargeClasses::Empty() {
  for (SizeClass& entry : m_classes) FreeBlocks(entry);
  m_bytes = 0;
}

ThreadHeap::ThreadHeap() {
  Threads& threads = GetThreads();
  const std::lock_guard lock(threads.mutex);
  threads.heaps.insert(this);
}

void ThreadHeap::Empty() {
  for (SizeClass& entry : m_tiny.classes) FreeBlocks(entry);
  for (SizeClass& entry : m_small.classes) FreeBlocks(entry);
  for (SizeClass& entry : m_chains.classes) FreeBlocks(entry);
  m_large.Empty();
  m_javascripts.Empty();
}

ThreadHeap::~ThreadHeap() {
  Empty();
  Threads& threads = GetThreads();
  const std::lock_guard lock(threads.mutex);
  threads.heaps.erase(this);
  threads.ended += m_live;
}

ThreadHeap* ThreadHeap::Get() { return t_heap != nullptr ? t_heap : Make(); }

ThreadHeap* ThreadHeap::Peek() { return t_heap; }

ThreadHeap* ThreadHeap::Make() {
  if (t_ended) return nullptr;
  struct Owner {
    ~Owner() {
      delete t_heap;
      t_heap = nullptr;
      t_ended = true;
    }
  };
  thread_local Owner owner;
  static_cast<void>(owner);
  t_heap = new ThreadHeap;
  return t_heap;
}

size_t ThreadHeap::LiveBlocks() {
  Threads& threads = GetThreads();
  const std::lock_guard lock(threads.mutex);
  long sum = threads.ended;
  for (const ThreadHeap* const heap : threads.heaps) sum += __atomic_load_n(&heap->m_live, __ATOMIC_RELAXED);
  return sum < 0 ? 0 : static_cast<size_t>(sum);
}

void* ThreadHeap::Take(size_t size) {
  if (!kCaches) return nullptr;
  if (size <= m_tiny.kLargest) return m_tiny.Take(size);
  if (size <= m_small.kLargest) return m_small.Take(size);
  return size <= m_chains.kLargest ? m_chains.Take(size) : m_large.Take(size);
}

bool ThreadHeap::Keep(void* ptr, size_t usable) {
  if (!kCaches || usable < m_tiny.kSmallest) return false;
  if (usable < m_small.kSmallest) return m_tiny.Keep(ptr, usable);
  if (usable < m_chains.kSmallest) return m_small.Keep(ptr, usable);
  return m_chains.Keep(ptr, usable) || m_large.Keep(ptr, usable);
}

}  // namespace bitcoin_support
