// A pool of locked memory: arenas that are locked once and kept while they are used.
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

/// After Bitcoin Core's LockedPool, with regions for what no arena can hold. An arena that nothing is in goes
/// back to the system, except one, so that a chunk that comes and goes does not map and unmap one each time.
/// Thread-safe. It neither reads nor writes what it hands out: whoever frees memory has wiped it.
class LockedPool {
 public:
  /// Bytes of an arena; small, so that a process that needs little locks little. Where less than that may
  /// still be locked, an arena has as much as may be.
  static constexpr size_t kArenaSize = 256 * 1024;
  /// What is not worth an arena of its own.
  static constexpr size_t kSmallestArena = 4096;
  /// Alignment of chunks in bytes.
  static constexpr size_t kArenaAlign = 16;

  /// Called with the pool's lock held, so it must not use the pool. Returns whether to go on with
  /// pages that are not locked.
  using LockingFailedCallback = std::function<bool()>;

  struct Stats {
    size_t used = 0;                   ///< bytes handed out
    size_t free = 0;                   ///< bytes left in the arenas and in idle regions
    size_t total = 0;                  ///< bytes of all arenas and regions
    size_t locked = 0;                 ///< those of them that are locked
    size_t chunks_used = 0;            ///< chunks handed out
    size_t chunks_free = 0;            ///< free chunks
    size_t arenas = 0;                 ///< arenas
    size_t regions = 0;                ///< regions
    size_t lock_failures = 0;          ///< times that pages could not be locked, ever
    Backend backend = Backend::kNone;  ///< the weakest that any arena or region has; kNone when there is none
  };

  /// With a `reserve`, that many bytes, or a quarter of what may be locked, are locked before the first arena
  /// for AllocReserved().
  explicit LockedPool(std::unique_ptr<LockedPageAllocator> allocator,
                      LockingFailedCallback locking_failed = nullptr, size_t reserve = 0);
  ~LockedPool();
  LockedPool(const LockedPool&) = delete;
  LockedPool& operator=(const LockedPool&) = delete;

  /// A chunk of an arena, aligned to kArenaAlign. Null for 0 bytes, for more than kArenaSize, and when there
  /// is no memory or the callback has refused.
  void* Alloc(size_t size);

  /// Takes back a chunk of Alloc(); null is ignored. Throws std::runtime_error when `ptr` is not one.
  void Free(void* ptr);

  /// Pages of their own for `size` bytes, between guard pages. Null as for Alloc(), but of any size.
  void* AllocRegion(size_t size);

  /// The same from the reserve, if that is free and large enough: its pages are locked, however much else is.
  /// Other pages may be as many as the reserve's.
  void* AllocReserved(size_t size);

  /// Says that a region of AllocRegion() is kept for another time, or that it is in use again: one that is
  /// kept counts as free. Throws std::runtime_error when `ptr` is not one.
  void SetIdle(void* ptr, bool idle);

  /// Takes back what AllocRegion() or AllocReserved() has given; null is ignored. Throws std::runtime_error
  /// when `ptr` is not that.
  void FreeRegion(void* ptr);

  /// The same for a region that someone may still touch: ordinary pages take its place, and it is the pool's
  /// no more. Throws as FreeRegion() does.
  void AbandonRegion(void* ptr);

  /// Unmaps `size` bytes, as SizeOfRegion() has told before, that AbandonRegion() has left mapped.
  void FreeAbandoned(void* ptr, size_t size) noexcept { m_allocator->FreeLocked(ptr, size); }

  /// The bytes of a region, in whole pages; 0 when `ptr` is not one.
  size_t SizeOfRegion(const void* ptr) const;

  /// Whether the pages under `ptr` are locked.
  bool IsLocked(const void* ptr) const;

  /// What is in use of the arena that `ptr` is in. Its base is null when it is in none.
  struct ArenaUse {
    const void* base = nullptr;
    size_t used = 0;
  };
  ArenaUse ArenaOf(const void* ptr) const;

  /// Bytes of the oldest arena, or of the one that the next chunk makes.
  size_t ArenaSize() const;

  /// Arenas that there are; needs no lock.
  size_t arenas() const noexcept { return m_arena_count.load(std::memory_order_relaxed); }

  /// Whether `ptr` is in an arena or a region of this pool.
  bool Contains(const void* ptr) const;

  Stats GetStats() const;

  /// Arena::Walk() of all arenas, and the regions' lengths.
  std::string Walk() const;

  /// Times that pages have been asked for and could not be locked; needs no lock.
  size_t lock_failures() const noexcept { return m_lock_failures.load(std::memory_order_relaxed); }
  /// Arenas and regions ever made; needs no lock.
  size_t growths() const noexcept { return m_growths.load(std::memory_order_relaxed); }

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
    size_t size;
    Backend backend;
    bool idle = false;  ///< whoever has it keeps it for another time
    bool reserve = false;
    bool in_pool = false;  ///< nobody has it: for the reserve alone
  };
  using Arenas = std::list<PoolArena>;

  Region ForgetRegion(void* ptr);
  void* NewRegion(size_t size);
  LockedPages NewPages(size_t size);
  LockedPages TryLocked(size_t size);
  void MakeReserve();
  size_t Left() const;
  size_t NextArenaSize(size_t at_least) const;
  bool NewArena(size_t at_least);
  void ReleaseEmptyArenas();
  void ReleaseArena(Arenas::iterator arena);
  const PoolArena* FindArena(const void* ptr) const noexcept;
  std::map<const char*, Region>::const_iterator FindRegion(const void* ptr) const noexcept;

  mutable std::mutex m_mutex;
  const std::unique_ptr<LockedPageAllocator> m_allocator;
  const LockingFailedCallback m_locking_failed;
  const size_t m_reserve_wanted;
  bool m_has_reserve = false;
  Arenas m_arenas;  // the oldest first
  std::atomic<size_t> m_arena_count{0};
  std::map<const char*, Region> m_regions;
  size_t m_locked = 0;
  std::atomic<size_t> m_lock_failures{0};
  std::atomic<size_t> m_growths{0};
};

}  // namespace bitcoin_support
