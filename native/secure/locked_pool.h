// A pool of locked memory: arenas that are locked once, and kept while they are used.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "secure/arena.h"
#include "secure/locked_page_allocator.h"

namespace bitcoin_support {

/// After Bitcoin Core's LockedPool, with regions for what no arena can hold. Empty arenas go back to the
/// system, except one: otherwise a chunk that comes and goes would map and unmap an arena each time.
/// Thread-safe. It neither reads nor writes the memory that it hands out: wipe it before it is freed.
class LockedPool {
 public:
  /// Bytes of an arena: few, so that a process that needs little locks little. Where the limit leaves less,
  /// an arena is as large as the limit allows.
  static constexpr size_t kArenaSize = 256 * 1024;
  /// Smaller arenas are not made.
  static constexpr size_t kSmallestArena = 4096;
  /// Alignment of chunks in bytes.
  static constexpr size_t kArenaAlign = 16;

  /// Called with the pool's lock held: it must not use the pool.
  /// @returns whether to use pages that are not locked
  using LockingFailedCallback = std::function<bool()>;

  struct Stats {
    size_t used = 0;                   ///< bytes handed out
    size_t free = 0;                   ///< bytes left in the arenas and in idle regions
    size_t total = 0;                  ///< bytes of all arenas and regions
    size_t locked = 0;                 ///< bytes of `total` that are locked
    size_t chunks_used = 0;            ///< chunks handed out
    size_t chunks_free = 0;            ///< free chunks
    size_t arenas = 0;                 ///< arenas
    size_t regions = 0;                ///< regions
    size_t lock_failures = 0;          ///< how often pages could not be locked, since the pool was made
    Backend backend = Backend::kNone;  ///< the weakest that any arena or region has; kNone when there is none
  };

  /// @param reserve how many bytes to lock for AllocReserved() before the first arena; at most a quarter of
  /// the limit
  explicit LockedPool(std::unique_ptr<LockedPageAllocator> allocator,
                      LockingFailedCallback locking_failed = nullptr, size_t reserve = 0);
  ~LockedPool();
  LockedPool(const LockedPool&) = delete;
  LockedPool& operator=(const LockedPool&) = delete;

  /// @returns a chunk of an arena, aligned to kArenaAlign; null for 0 bytes, for more than kArenaSize, when
  /// there is no memory, and when the callback has refused
  void* Alloc(size_t size);

  /// Takes back a chunk of Alloc(); null is ignored. @throws std::runtime_error when `ptr` is none
  void Free(void* ptr);

  /// @returns pages of their own for `size` bytes of any number, between guard pages; null as Alloc()
  void* AllocRegion(size_t size);

  /// AllocRegion() from the reserve, if that is free and large enough: its pages are locked, however much
  /// else is locked. Otherwise a region may be as large as the reserve.
  void* AllocReserved(size_t size);

  /// Whether a region of AllocRegion() is only kept for later: then it counts as free.
  /// @throws std::runtime_error when `ptr` is no region
  void SetIdle(void* ptr, bool idle);

  /// Takes back a region of AllocRegion() or AllocReserved(); null is ignored.
  /// @throws std::runtime_error when `ptr` is none
  void FreeRegion(void* ptr);

  /// Takes back a region that something may still touch: ordinary pages, which do not belong to the pool,
  /// take its place.
  void AbandonRegion(void* ptr);

  /// Unmaps the pages that AbandonRegion() has left. `size` is what SizeOfRegion() returned before.
  void FreeAbandoned(void* ptr, size_t size) noexcept { m_allocator->FreeLocked(ptr, size); }

  /// @returns the bytes of a region, in whole pages; 0 when `ptr` is none
  size_t SizeOfRegion(const void* ptr) const;

  /// Whether the pages under `ptr` are locked.
  bool IsLocked(const void* ptr) const;

  /// How much of an arena is in use. `base` is null for none.
  struct ArenaUse {
    const void* base = nullptr;
    size_t used = 0;
  };
  ArenaUse ArenaOf(const void* ptr) const;

  /// @returns the bytes of the oldest arena, or of the arena that the first chunk would make
  size_t ArenaSize() const;

  /// The number of arenas. Takes no lock.
  size_t arenas() const noexcept { return m_arena_count.load(std::memory_order_relaxed); }

  /// Whether `ptr` is in an arena or a region of this pool.
  bool Contains(const void* ptr) const;

  Stats GetStats() const;

  /// @returns Arena::Walk() of all arenas, and the regions' lengths
  std::string Walk() const;

  /// How often pages could not be locked. Takes no lock.
  size_t lock_failures() const noexcept { return m_lock_failures.load(std::memory_order_relaxed); }
  /// How many arenas and regions were made so far. Takes no lock.
  size_t growths() const noexcept { return m_growths.load(std::memory_order_relaxed); }

  /// To be called around a fork(): locks before it, and unlocks after it in the parent.
  void LockForFork() { m_mutex.lock(); }
  void UnlockAfterFork() { m_mutex.unlock(); }
  /// Called in the child, where the arenas are wiped or unmapped: forgets them all, then unlocks.
  void AbandonInChild() noexcept;

 private:
  struct PoolArena {
    Arena arena;
    Backend backend;
  };
  struct Region {
    size_t size;
    Backend backend;
    bool idle = false;  ///< its owner only keeps it for later
    bool reserve = false;
    bool in_pool = false;  ///< the reserve only: it is not handed out
  };
  using Arenas = std::list<PoolArena>;

  Region ForgetRegion(void* ptr);
  void* NewRegion(size_t size);
  LockedPages NewPages(size_t size);
  LockedPages TryLocked(size_t size);
  void MakeReserve();
  size_t BytesLeftToLock() const;
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
  Arenas m_arenas;  ///< the oldest first
  std::atomic<size_t> m_arena_count{0};
  std::map<const char*, Region> m_regions;
  size_t m_locked = 0;
  std::atomic<size_t> m_lock_failures{0};
  std::atomic<size_t> m_growths{0};
};

}  // namespace bitcoin_support
