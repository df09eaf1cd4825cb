#include "secure/locked_pool.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

namespace bitcoin_support {

LockedPool::LockedPool(std::unique_ptr<LockedPageAllocator> allocator, LockingFailedCallback locking_failed,
                       size_t reserve)
    : m_allocator(std::move(allocator)),
      m_locking_failed(std::move(locking_failed)),
      m_reserve_wanted(reserve) {}

LockedPool::~LockedPool() {
  for (const PoolArena& each : m_arenas) m_allocator->FreeLocked(each.arena.base(), each.arena.size());
  for (const auto& [address, region] : m_regions) {
    m_allocator->FreeLocked(const_cast<char*>(address), region.size);
  }
}

void* LockedPool::Alloc(size_t size) {
  const std::lock_guard lock(m_mutex);
  if (size == 0 || size > kArenaSize) return nullptr;
  // The oldest first, so that newer ones get empty.
  for (PoolArena& each : m_arenas) {
    if (void* const chunk = each.arena.Alloc(size)) return chunk;
  }
  return NewArena(size) ? m_arenas.back().arena.Alloc(size) : nullptr;
}

void LockedPool::Free(void* ptr) {
  if (ptr == nullptr) return;
  const std::lock_guard lock(m_mutex);
  for (PoolArena& each : m_arenas) {
    if (!each.arena.AddressInArena(ptr)) continue;
    each.arena.Free(ptr);
    if (each.arena.Empty()) ReleaseEmptyArenas();
    return;
  }
  throw std::runtime_error("LockedPool: address is in no arena");
}

// Keeps one empty arena, the one with the strongest backend, unless the other arenas have much room. An arena
// that is not locked is kept only when there is no other.
void LockedPool::ReleaseEmptyArenas() {
  auto kept = m_arenas.end();
  for (auto at = m_arenas.begin(); at != m_arenas.end();) {
    const auto arena = at++;
    if (!arena->arena.Empty()) continue;
    if (kept == m_arenas.end() && (arena->backend != Backend::kNone || m_arenas.size() == 1)) {
      kept = arena;
    } else if (kept != m_arenas.end() && arena->backend > kept->backend) {
      ReleaseArena(kept);
      kept = arena;
    } else {
      ReleaseArena(arena);
    }
  }
  if (kept == m_arenas.end()) return;
  size_t room = 0;
  for (const PoolArena& each : m_arenas) {
    if (&each != &*kept && each.backend >= kept->backend) room += each.arena.GetStats().free;
  }
  if (room >= kArenaSize / 2) ReleaseArena(kept);
}

void LockedPool::ReleaseArena(Arenas::iterator arena) {
  const size_t size = arena->arena.size();
  if (arena->backend != Backend::kNone) m_locked -= size;
  m_allocator->FreeLocked(arena->arena.base(), size);
  m_arenas.erase(arena);
  m_arena_count.store(m_arenas.size(), std::memory_order_relaxed);
}

void* LockedPool::AllocRegion(size_t size) {
  const std::lock_guard lock(m_mutex);
  return NewRegion(size);
}

void* LockedPool::AllocReserved(size_t size) {
  const std::lock_guard lock(m_mutex);
  if (!m_has_reserve) MakeReserve();
  for (auto& [address, region] : m_regions) {
    if (!region.in_pool || region.size < size) continue;
    region.in_pool = region.idle = false;
    return const_cast<char*>(address);
  }
  // Where the limit leaves plenty, make it as large as the reserve, so that it can be lent for other sizes
  // too.
  const bool plenty = BytesLeftToLock() >= 4 * m_reserve_wanted;
  return NewRegion(size > 0 && plenty ? std::max(size, m_reserve_wanted) : size);
}

void* LockedPool::NewRegion(size_t size) {
  if (size == 0) return nullptr;
  const LockedPages pages = NewPages(size);
  if (pages.address == nullptr) return nullptr;
  try {
    m_regions.emplace(static_cast<const char*>(pages.address), Region{pages.size, pages.backend});
  } catch (const std::bad_alloc&) {
    if (pages.locked()) m_locked -= pages.size;
    m_allocator->FreeLocked(pages.address, pages.size);
    return nullptr;
  }
  return pages.address;
}

// Does not report a failure: AllocReserved() does, when the reserve is missing.
void LockedPool::MakeReserve() {
  if (m_reserve_wanted == 0) return;
  const size_t limit = m_allocator->GetLimit();
  if (limit < 2 * kSmallestArena) return;
  const LockedPages pages = TryLocked(std::min(m_reserve_wanted, limit / 4));
  if (pages.address == nullptr) return;
  try {
    m_regions.emplace(static_cast<const char*>(pages.address),
                      Region{pages.size, pages.backend, true, true, true});
  } catch (const std::bad_alloc&) {
    return m_allocator->FreeLocked(pages.address, pages.size);
  }
  m_locked += pages.size;
  m_has_reserve = true;
}

void LockedPool::SetIdle(void* ptr, bool idle) {
  const std::lock_guard lock(m_mutex);
  const auto found = m_regions.find(static_cast<const char*>(ptr));
  if (found == m_regions.end()) throw std::runtime_error("LockedPool: address is no region");
  found->second.idle = idle;
}

void LockedPool::FreeRegion(void* ptr) {
  if (ptr == nullptr) return;
  const std::lock_guard lock(m_mutex);
  const auto found = m_regions.find(static_cast<const char*>(ptr));
  if (found != m_regions.end() && found->second.reserve) {
    if (found->second.in_pool) throw std::runtime_error("LockedPool: the reserve has been given back");
    found->second.in_pool = found->second.idle = true;
    return;
  }
  m_allocator->FreeLocked(ptr, ForgetRegion(ptr).size);
}

void LockedPool::AbandonRegion(void* ptr) {
  const std::lock_guard lock(m_mutex);
  const Region region = ForgetRegion(ptr);
  m_allocator->AbandonLocked(ptr, region.size);
  // Now, while the limit has room for it.
  if (region.reserve) MakeReserve();
}

LockedPool::Region LockedPool::ForgetRegion(void* ptr) {
  const auto found = m_regions.find(static_cast<const char*>(ptr));
  if (found == m_regions.end()) throw std::runtime_error("LockedPool: address is no region");
  const Region region = found->second;
  if (region.backend != Backend::kNone) m_locked -= region.size;
  if (region.reserve) m_has_reserve = false;
  m_regions.erase(found);
  return region;
}

LockedPages LockedPool::NewPages(size_t size) {
  const LockedPages pages = m_allocator->AllocateLocked(size);
  if (pages.address == nullptr) return {};
  if (pages.locked()) {
    m_locked += pages.size;
  } else {
    m_lock_failures.fetch_add(1, std::memory_order_relaxed);
    if (m_locking_failed && !m_locking_failed()) {
      m_allocator->FreeLocked(pages.address, pages.size);
      return {};
    }
  }
  m_growths.fetch_add(1, std::memory_order_relaxed);
  return pages;
}

LockedPages LockedPool::TryLocked(size_t size) {
  const LockedPages pages = m_allocator->AllocateLocked(size);
  if (pages.address == nullptr || pages.locked()) return pages;
  m_allocator->FreeLocked(pages.address, pages.size);
  return {};
}

size_t LockedPool::BytesLeftToLock() const {
  const size_t limit = m_allocator->GetLimit();
  return limit > m_locked ? limit - m_locked : 0;
}

// @returns kArenaSize also where nothing can be locked, or too little
size_t LockedPool::NextArenaSize(size_t at_least) const {
  const size_t left = BytesLeftToLock();
  return left < std::max(at_least, kSmallestArena) ? kArenaSize : std::min(kArenaSize, left);
}

bool LockedPool::NewArena(size_t at_least) {
  if (!m_has_reserve) MakeReserve();
  at_least = (at_least + kArenaAlign - 1) / kArenaAlign * kArenaAlign;
  LockedPages pages;
  size_t size = NextArenaSize(at_least);
  if (size < kArenaSize) {
    // Other code in the process may have locked memory too.
    for (; size >= std::max(at_least, kSmallestArena) && pages.address == nullptr; size /= 2) {
      pages = TryLocked(size);
    }
    if (pages.address != nullptr) {
      m_locked += pages.size;
      m_growths.fetch_add(1, std::memory_order_relaxed);
    }
  }
  if (pages.address == nullptr) pages = NewPages(kArenaSize);
  if (pages.address == nullptr) return false;
  try {
    m_arenas.push_back(PoolArena{Arena(pages.address, pages.size, kArenaAlign), pages.backend});
  } catch (const std::bad_alloc&) {
    if (pages.locked()) m_locked -= pages.size;
    m_allocator->FreeLocked(pages.address, pages.size);
    return false;
  }
  m_arena_count.store(m_arenas.size(), std::memory_order_relaxed);
  return true;
}

const LockedPool::PoolArena* LockedPool::FindArena(const void* ptr) const noexcept {
  for (const PoolArena& each : m_arenas) {
    if (each.arena.AddressInArena(ptr)) return &each;
  }
  return nullptr;
}

std::map<const char*, LockedPool::Region>::const_iterator LockedPool::FindRegion(
    const void* ptr) const noexcept {
  const auto* const byte = static_cast<const char*>(ptr);
  auto after = m_regions.upper_bound(byte);
  if (after == m_regions.begin()) return m_regions.end();
  --after;
  return byte < after->first + after->second.size ? after : m_regions.end();
}

size_t LockedPool::SizeOfRegion(const void* ptr) const {
  const std::lock_guard lock(m_mutex);
  const auto found = m_regions.find(static_cast<const char*>(ptr));
  return found == m_regions.end() ? 0 : found->second.size;
}

LockedPool::ArenaUse LockedPool::ArenaOf(const void* ptr) const {
  const std::lock_guard lock(m_mutex);
  const PoolArena* const found = FindArena(ptr);
  return found == nullptr ? ArenaUse{} : ArenaUse{found->arena.base(), found->arena.GetStats().used};
}

size_t LockedPool::ArenaSize() const {
  const std::lock_guard lock(m_mutex);
  return m_arenas.empty() ? NextArenaSize(0) : m_arenas.front().arena.size();
}

bool LockedPool::IsLocked(const void* ptr) const {
  const std::lock_guard lock(m_mutex);
  if (const PoolArena* const arena = FindArena(ptr)) return arena->backend != Backend::kNone;
  const auto region = FindRegion(ptr);
  return region != m_regions.end() && region->second.backend != Backend::kNone;
}

bool LockedPool::Contains(const void* ptr) const {
  const std::lock_guard lock(m_mutex);
  return FindArena(ptr) != nullptr || FindRegion(ptr) != m_regions.end();
}

LockedPool::Stats LockedPool::GetStats() const {
  const std::lock_guard lock(m_mutex);
  Stats stats;
  auto weakest = static_cast<Backend>(std::numeric_limits<uint8_t>::max());
  for (const auto& [arena, backend] : m_arenas) {
    const Arena::Stats each = arena.GetStats();
    stats.used += each.used;
    stats.free += each.free;
    stats.total += each.total;
    stats.chunks_used += each.chunks_used;
    stats.chunks_free += each.chunks_free;
    weakest = std::min(weakest, backend);
  }
  for (const auto& [address, region] : m_regions) {
    (region.idle ? stats.free : stats.used) += region.size;
    stats.total += region.size;
    ++(region.idle ? stats.chunks_free : stats.chunks_used);
    weakest = std::min(weakest, region.backend);
  }
  stats.arenas = m_arenas.size();
  stats.regions = m_regions.size();
  stats.locked = m_locked;
  stats.lock_failures = lock_failures();
  if (stats.arenas + stats.regions > 0) stats.backend = weakest;
  return stats;
}

std::string LockedPool::Walk() const {
  const std::lock_guard lock(m_mutex);
  std::string text;
  size_t number = 0;
  for (const auto& [arena, backend] : m_arenas) {
    text += "arena " + std::to_string(number++) + " (" + NameOf(backend) + ")\n" + arena.Walk();
  }
  for (const auto& [address, region] : m_regions) {
    text +=
        "region (" + std::string(NameOf(region.backend)) + ") length=" + std::to_string(region.size) + '\n';
  }
  return text;
}

void LockedPool::AbandonInChild() noexcept {
  m_arenas.clear();
  m_arena_count.store(0, std::memory_order_relaxed);
  m_has_reserve = false;
  m_regions.clear();
  m_locked = 0;
  m_mutex.unlock();
}

}  // namespace bitcoin_support
