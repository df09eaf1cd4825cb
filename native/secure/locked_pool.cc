#include "locked_pool.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

namespace bitcoin_support {

LockedPool::LockedPool(std::unique_ptr<LockedPageAllocator> allocator, LockingFailedCallback locking_failed)
    : m_allocator(std::move(allocator)), m_locking_failed(std::move(locking_failed)) {}

LockedPool::~LockedPool() {
  for (const PoolArena& each : m_arenas) m_allocator->FreeLocked(each.arena.base(), each.arena.size());
  for (const auto& [address, region] : m_regions) {
    m_allocator->FreeLocked(const_cast<char*>(address), region.size);
  }
}

void* LockedPool::Alloc(std::size_t size) {
  const std::lock_guard lock(m_mutex);
  if (size == 0 || size > kArenaSize) return nullptr;
  for (PoolArena& each : m_arenas) {
    if (void* const chunk = each.arena.Alloc(size)) return chunk;
  }
  // The first arena may be too small for the request, the second never is.
  for (int tries = 0; tries < 2 && NewArena(); ++tries) {
    if (void* const chunk = m_arenas.front().arena.Alloc(size)) return chunk;
  }
  return nullptr;
}

void LockedPool::Free(void* ptr) {
  if (ptr == nullptr) return;
  const std::lock_guard lock(m_mutex);
  for (PoolArena& each : m_arenas) {
    if (each.arena.AddressInArena(ptr)) return each.arena.Free(ptr);
  }
  throw std::runtime_error("LockedPool: address is in no arena");
}

void* LockedPool::AllocRegion(std::size_t size) {
  const std::lock_guard lock(m_mutex);
  if (size == 0) return nullptr;
  const LockedPages pages = NewPages(size);
  if (pages.address == nullptr) return nullptr;
  m_regions.emplace(static_cast<const char*>(pages.address), Region{size, pages.backend});
  return pages.address;
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
  m_allocator->FreeLocked(ptr, ForgetRegion(ptr));
}

void LockedPool::AbandonRegion(void* ptr) {
  const std::lock_guard lock(m_mutex);
  m_allocator->AbandonLocked(ptr, ForgetRegion(ptr));
}

std::size_t LockedPool::ForgetRegion(void* ptr) {
  const auto found = m_regions.find(static_cast<const char*>(ptr));
  if (found == m_regions.end()) throw std::runtime_error("LockedPool: address is no region");
  const Region region = found->second;
  if (region.backend != Backend::kNone) m_locked -= region.size;
  m_regions.erase(found);
  return region.size;
}

LockedPages LockedPool::NewPages(std::size_t size) {
  const LockedPages pages = m_allocator->AllocateLocked(size);
  if (pages.address == nullptr) return {};
  if (pages.locked()) {
    m_locked += size;
  } else {
    m_lock_failures.fetch_add(1, std::memory_order_relaxed);
    if (m_locking_failed && !m_locking_failed()) {
      m_allocator->FreeLocked(pages.address, size);
      return {};
    }
  }
  m_growths.fetch_add(1, std::memory_order_relaxed);
  return pages;
}

bool LockedPool::NewArena() {
  std::size_t size = kArenaSize;
  if (m_arenas.empty()) {
    // As much as may be locked, so that at least the first arena is; with a limit of 0 nothing will be.
    const std::size_t limit = m_allocator->GetLimit();
    if (limit > 0) size = std::min(size, limit);
  }
  const LockedPages pages = NewPages(size);
  if (pages.address == nullptr) return false;
  // At the front: it has the most room.
  m_arenas.push_front(PoolArena{Arena(pages.address, size, kArenaAlign), pages.backend});
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
  auto weakest = static_cast<Backend>(std::numeric_limits<std::uint8_t>::max());
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
  std::size_t number = 0;
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
  m_regions.clear();
  m_locked = 0;
  m_mutex.unlock();
}

}  // namespace bitcoin_support
