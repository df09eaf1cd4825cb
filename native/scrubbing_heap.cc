#include "scrubbing_heap.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

#if defined(__APPLE__)
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

#include "memory_cleanse.h"

namespace bitcoin_support {
namespace {

std::atomic<std::size_t> g_live_blocks{0};

std::size_t UsableSize(void* ptr) {
#if defined(__APPLE__)
  return malloc_size(ptr);
#else
  return malloc_usable_size(ptr);
#endif
}

}  // namespace

void* ScrubbingMalloc(std::size_t size) {
  void* const ptr = std::malloc(size);
  if (ptr != nullptr) g_live_blocks.fetch_add(1, std::memory_order_relaxed);
  return ptr;
}

void* ScrubbingRealloc(void* ptr, std::size_t size) {
  if (ptr == nullptr) return ScrubbingMalloc(size);
  const std::size_t usable = UsableSize(ptr);
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
  MemoryCleanse(ptr, UsableSize(ptr));
  std::free(ptr);
  g_live_blocks.fetch_sub(1, std::memory_order_relaxed);
}

std::size_t ScrubbingLiveBlocks() { return g_live_blocks.load(std::memory_order_relaxed); }

}  // namespace bitcoin_support
