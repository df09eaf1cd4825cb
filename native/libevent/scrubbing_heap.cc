#include "libevent/scrubbing_heap.h"

#include <cstdlib>
#include <cstring>

#if defined(__APPLE__)
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

#include "libevent/free_watch.h"
#include "libevent/memory_reserve.h"
#include "libevent/thread_heap.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// The smallest block of malloc's. ThreadHeap keeps none that is smaller, so asking for less would find none
// there.
constexpr size_t kLeast = 24;

size_t UsableSize(void* ptr) {
#if defined(__APPLE__)
  return malloc_size(ptr);
#else
  return malloc_usable_size(ptr);
#endif
}

}  // namespace

// Tests look it up by its name, and replace it by one that fails.
extern "C" {
__attribute__((visibility("default"))) void* (*bitcoin_support_malloc)(size_t) = std::malloc;
}

void* SystemMalloc(size_t size) { return bitcoin_support_malloc(size); }

void* MallocUnderPressure(size_t size) {
  void* ptr = SystemMalloc(size);
  if (ptr != nullptr) return ptr;
  if (ThreadHeap* const heap = ThreadHeap::Peek()) heap->Empty();
  ptr = SystemMalloc(size);
  return ptr != nullptr ? ptr : MemoryReserve::Take(size);
}

void* ScrubbingMalloc(size_t size) {
  if (size < kLeast) size = kLeast;
  ThreadHeap* const heap = ThreadHeap::Get();
  void* ptr = heap == nullptr ? nullptr : heap->Take(size);
  if (ptr == nullptr) ptr = MallocUnderPressure(LargeClasses::RoundUp(size));
  if (heap == nullptr) return ptr;
  if (ptr != nullptr) heap->Count(1);
  return ptr;
}

void* ScrubbingRealloc(void* ptr, size_t size) {
  if (ptr == nullptr) return ScrubbingMalloc(size);
  const size_t usable = UsableSize(ptr);
  if (size != 0 && size <= usable && size >= usable / 2) {
    MemoryCleanse(static_cast<char*>(ptr) + size, usable - size);
    return ptr;
  }
  void* const moved = ScrubbingMalloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, ptr, size < usable ? size : usable);
  ScrubbingFree(ptr);
  return moved;
}

void ScrubbingFree(void* ptr) {
  if (ptr == nullptr) return;
  ThreadHeap* const heap = ThreadHeap::Get();
  if (heap != nullptr && !heap->watches().empty()) FreeWatch::Notify(ptr);
  const size_t usable = UsableSize(ptr);
  MemoryCleanse(ptr, usable);
  if (heap != nullptr) {
    heap->Count(-1);
    if (heap->Keep(ptr, usable)) return;
  }
  std::free(ptr);
}

void* ScrubbingMallocForJavaScript(size_t size) {
  ThreadHeap* const heap = ThreadHeap::Get();
  void* const ptr = heap == nullptr ? nullptr : heap->javascripts().Take(size);
  if (ptr == nullptr) return ScrubbingMalloc(size);
  heap->Count(1);
  return ptr;
}

void ScrubbingFreeUsed(void* ptr, size_t used) {
  // What is kept for others has to be wiped wholly.
  if (used >= UsableSize(ptr) / 2) {
    ScrubbingFree(ptr);
    return;
  }
  MemoryCleanse(ptr, used);
  if (ThreadHeap* const heap = ThreadHeap::Get()) heap->Count(-1);
  std::free(ptr);
}

void ScrubbingLeaveToJavaScript() {
  if (ThreadHeap* const heap = ThreadHeap::Get()) heap->Count(-1);
}

void ScrubbingFreeForJavaScript(void* ptr) {
  ThreadHeap* const heap = ThreadHeap::Get();
  if (heap == nullptr || !heap->javascripts().Keep(ptr, UsableSize(ptr))) std::free(ptr);
}

size_t ScrubbingBlockSize(const void* ptr) { return UsableSize(const_cast<void*>(ptr)); }

size_t ScrubbingLiveBlocks() { return ThreadHeap::LiveBlocks(); }

}  // namespace bitcoin_support
