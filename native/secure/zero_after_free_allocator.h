// A standard allocator for memory that may hold a secret for a while.
#pragma once

#include <cstddef>
#include <memory>

#include "secure/memory_cleanse.h"

namespace bitcoin_support {

/// Allocates from the ordinary heap, and wipes before it frees, as Bitcoin Core's zero_after_free_allocator
/// does.
template <typename T>
class ZeroAfterFreeAllocator {
 public:
  using value_type = T;

  ZeroAfterFreeAllocator() noexcept = default;
  template <typename U>
  ZeroAfterFreeAllocator(const ZeroAfterFreeAllocator<U>&) noexcept {}

  T* allocate(size_t count) { return std::allocator<T>().allocate(count); }

  void deallocate(T* memory, size_t count) noexcept {
    MemoryCleanse(memory, count * sizeof(T));
    std::allocator<T>().deallocate(memory, count);
  }

  template <typename U>
  bool operator==(const ZeroAfterFreeAllocator<U>&) const noexcept {
    return true;
  }
};

}  // namespace bitcoin_support
