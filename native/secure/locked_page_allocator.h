// Where the pool's pages come from: from the system, or from a test.
#pragma once

#include <cstddef>
#include <memory>

#include "secure/backend.h"

namespace bitcoin_support {

/// Pages that an allocator has handed out. `address` is null when it had none.
struct LockedPages {
  void* address = nullptr;
  size_t size = 0;  ///< whole pages: at least what was asked for
  Backend backend = Backend::kNone;

  bool locked() const noexcept { return backend != Backend::kNone; }
};

/// After Bitcoin Core's LockedPageAllocator.
class LockedPageAllocator {
 public:
  LockedPageAllocator() = default;
  virtual ~LockedPageAllocator() = default;
  LockedPageAllocator(const LockedPageAllocator&) = delete;
  LockedPageAllocator& operator=(const LockedPageAllocator&) = delete;

  /// @returns pages of zeros for `size` bytes, locked if possible. The caller owns them.
  virtual LockedPages AllocateLocked(size_t size) = 0;

  /// Unlocks and unmaps pages of AllocateLocked(), which the caller has wiped. `size` is what that returned.
  virtual void FreeLocked(void* address, size_t size) noexcept = 0;

  /// Unlocks pages that something may still touch: ordinary pages, which take no memory until they are
  /// touched, take their place. FreeLocked() may unmap those later.
  virtual void AbandonLocked(void* address, size_t size) noexcept = 0;

  /// @returns how many bytes the process may lock, in whole pages; the largest size_t when there is no limit
  virtual size_t GetLimit() = 0;
};

/// @returns an allocator of the system's pages: between two guard pages, not in core dumps, wiped or unmapped
/// in a forked child, and known to the purge
std::unique_ptr<LockedPageAllocator> MakePlatformPageAllocator(BackendChoice choice);

}  // namespace bitcoin_support
