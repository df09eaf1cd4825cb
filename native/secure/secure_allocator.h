// A standard allocator for secrets.
#pragma once

#include <cstddef>
#include <limits>
#include <new>

#include "secure/locked_pool_manager.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {

/// Allocates from the process's locked pool, and wipes before it frees, as Bitcoin Core's secure_allocator
/// does. What does not fit an arena gets pages of its own. Beware of std::string: it keeps short strings
/// inside itself.
/// @throws std::bad_alloc when there is no memory, or when the pages could not be locked and the policy
/// requires it
template <typename T>
class SecureAllocator {
 public:
  using value_type = T;

  static_assert(alignof(T) <= LockedPool::kArenaAlign);

  SecureAllocator() noexcept = default;
  template <typename U>
  SecureAllocator(const SecureAllocator<U>&) noexcept {}

  T* allocate(size_t count) {
    if (count > std::numeric_limits<size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
    const size_t size = count == 0 ? 1 : count * sizeof(T);
    LockedPool& pool = LockedPoolManager::Instance().pool();
    void* const memory = size > LockedPool::kArenaSize ? pool.AllocRegion(size) : pool.Alloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }

  void deallocate(T* memory, size_t count) noexcept {
    const size_t size = count == 0 ? 1 : count * sizeof(T);
    LockedPoolManager& manager = LockedPoolManager::Instance();
    LockedPool& pool = manager.pool();
    // In a forked child it may be the parent's memory, which is wiped or unmapped.
    if (manager.forked() && !pool.Contains(memory)) return;
    MemoryCleanse(memory, size);
    if (size > LockedPool::kArenaSize) {
      pool.FreeRegion(memory);
    } else {
      pool.Free(memory);
    }
  }

  template <typename U>
  bool operator==(const SecureAllocator<U>&) const noexcept {
    return true;
  }
};

}  // namespace bitcoin_support
