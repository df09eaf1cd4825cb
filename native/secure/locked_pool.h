// A pool of locked memory: arenas that are locked once and kept.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "arena.h"
#include "locked_page_allocator.h"

namespace bitcoin_support {

/// After Bitcoin Core's LockedPool, with regions for what no arena can hold. Thread-safe. It neither reads
/// nor writes what it hands out: whoever frees memory has wiped it.
class LockedPool {
 public:
  /// Bytes of an arena; small, so that a process that needs little locks little.
  static constexpr std::size_t kArenaSize = 256 * 1024;
  /// Alignment of chunks in bytes.
  static constexpr std::size_t kArenaAlign = 16;

  /// Called with the pool's lock held, so it must not use the pool. Returns whether to go on with
  /// pages that are not locked.
  using LockingFailedCallback = std::function<bool()>;

  struct Stats {
    std::size_t used = 0;              ///< bytes handed out
    std::size_t free = 0;              ///< bytes left in the arenas and in idle regions
    std::size_t total = 0;             ///< bytes of all arenas and regions
    std::size_t locked = 0;            ///< those of them that are locked
    std::size_t chunks_used = 0;       ///< chunks handed out
    std::size_t chunks_free = 0;       ///< free chunks
    std::size_t arenas = 0;            ///< arenas
    std::size_t regions = 0;           ///< regions
    std::size_t lock_failures = 0;     ///< times that pages could not be locked, ever
    Backend backend = Backend::kNone;  ///< the weakest that any arena or region has; kNone when there is none
  };

  explicit LockedPool(std::unique_ptr<LockedPageAllocator> allocator,
                      LockingFailedCallback locking_failed = nullptr);
  ~LockedPool();
  LockedPool(const LockedPool&) = delete;
  LockedPool& operator=(const LockedPool&) = delete;

  /// A chunk of an arena, aligned to kArenaAlign. Null for 0 bytes, for more than kArenaSize, and when there
  /// is no memory or the callback has refused.
  void* Alloc(std::size_t size);

  /// Takes back a chunk of Alloc(); null is ignored. Throws std::runtime_error when `ptr` is not one.
  void Free(void* ptr);

  /// Pages of their own for `size` bytes, between guard pages. Null as for Alloc(), but of any size.
  void* AllocRegion(std::size_t size);

  /// Says that a region of AllocRegion() is kept for another time, or that it is in use again: one that is
  /// kept counts as free. Throws std::runtime_error when `ptr` is not one.
  void SetIdle(void* ptr, bool idle);

  /// Takes back what AllocRegion() has given; null is ignored. Throws std::runtime_error when `ptr` is not
  /// that.
  void FreeRegion(void* ptr);

  /// The same for a region that someone may still touch: it stays mapped, but is the pool's no more. Throws
  /// as FreeRegion() does.
  void AbandonRegion(void* ptr);

  /// Whether the pages under `ptr` are locked.
  bool IsLocked(const void* ptr) const;

  /// Whether `ptr` is in an arena or a region of this pool.
  bool Contains(const void* ptr) const;

  Stats GetStats() const;

  /// Arena::Walk() of all arenas, and the regions' lengths.
  std::string Walk() const;

  /// Times that pages have been asked for and could not be locked; needs no lock.
  std::size_t lock_failures() const noexcept { return m_lock_failures.load(std::memory_order_relaxed); }
  /// Arenas and regions ever made; needs no lock.
  std::size_t growths() const noexcept { return m_growths.load(std::memory_order_relaxed); }

  /// Holds the pool still across a fork(): it is locked before it, and unlocked after it in the parent.
  void LockForFork() { m_mutex.lock(); }
  void UnlockAfterFork() { m_mutex.unlock(); }
  /// In the forked child, whose arenas are wiped or unmapped: forgets them all, then unlocks.
  void AbandonInChild() noexcept;

 private:
  struct PoolArena {
    Arena arena;
    Backend backend;
  };
  struct Region {
    std::size_t size;
    Backend backend;
    bool idle = false;
  };

  std::size_t ForgetRegion(void* ptr);
  LockedPages NewPages(std::size_t size);
  bool NewArena();
  const PoolArena* FindArena(const void* ptr) const noexcept;
  std::map<const char*, Region>::const_iterator FindRegion(const void* ptr) const noexcept;

  mutable std::mutex m_mutex;
  const std::unique_ptr<LockedPageAllocator> m_allocator;
  const LockingFailedCallback m_locking_failed;
  std::list<PoolArena> m_arenas;
  std::map<const char*, Region> m_regions;
  std::size_t m_locked = 0;
  std::atomic<std::size_t> m_lock_failures{0};
  std::atomic<std::size_t> m_growths{0};
};

}  // namespace bitcoin_support
