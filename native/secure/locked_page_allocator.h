// Where the pool's pages come from: the system's, or a test's that are never touched.
#pragma once

#include <cstddef>
#include <memory>

#include "backend.h"

namespace bitcoin_support {

/// Pages that an allocator has handed out. `address` is null when there were none.
struct LockedPages {
  void* address = nullptr;
  size_t size = 0;  ///< in whole pages: at least what was asked for
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

  /// Pages for `size` bytes, zeroed and locked if that is possible. The caller owns them.
  virtual LockedPages AllocateLocked(size_t size) = 0;

  /// Unlocks and unmaps pages of AllocateLocked(), with the size that it gave. The caller has wiped them.
  virtual void FreeLocked(void* address, size_t size) noexcept = 0;

  /// The same for pages that someone may still touch: instead of them there are ordinary ones, which take no
  /// memory until then. FreeLocked() may unmap those later.
  virtual void AbandonLocked(void* address, size_t size) noexcept = 0;

  /// The number of bytes that the process may lock, in whole pages; the largest size_t when there is no
  /// limit.
  virtual size_t GetLimit() = 0;
};

/// The system's pages: between two guard pages, out of core dumps, wiped or unmapped in a forked child,
/// and known to the purge.
std::unique_ptr<LockedPageAllocator> MakePlatformPageAllocator(BackendChoice choice);

}  // namespace bitcoin_support
