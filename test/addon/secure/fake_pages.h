// Page allocators for tests: one whose addresses are never touched, one whose memory is real.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <set>

#include "secure/locked_page_allocator.h"

namespace bitcoin_support::test {

/// Hands out a number of ranges at made-up addresses; the first ones count as locked.
class FakePages final : public LockedPageAllocator {
 public:
  FakePages(int count, int locked, size_t limit = std::numeric_limits<size_t>::max())
      : m_count(count), m_locked(locked), m_limit(limit) {}

  LockedPages AllocateLocked(size_t size) override {
    if (m_count == 0) return {};
    --m_count;
    const bool lock = m_locked > 0;
    if (lock) --m_locked;
    const auto address = uintptr_t{0x08000000} + (static_cast<uintptr_t>(m_count) << 24);
    return {reinterpret_cast<void*>(address), size, lock ? Backend::kMlock : Backend::kNone};
  }
  void FreeLocked(void*, size_t) noexcept override {}
  void AbandonLocked(void*, size_t) noexcept override {}
  size_t GetLimit() override { return m_limit; }

 private:
  int m_count;
  int m_locked;
  const size_t m_limit;
};

/// Hands out memory of the heap. The first regions, up to a number, count as locked; after another number it
/// fails.
class HeapPages final : public LockedPageAllocator {
 public:
  HeapPages(int count, int locked, size_t limit = std::numeric_limits<size_t>::max())
      : m_count(count), m_locked(locked), m_limit(limit) {}
  ~HeapPages() override {
    for (void* const address : m_memory) Delete(address);
  }

  LockedPages AllocateLocked(size_t size) override {
    if (m_count == 0) return {};
    --m_count;
    const bool lock = m_locked > 0;
    if (lock) --m_locked;
    auto* const address = new (kPage) unsigned char[size]();
    m_memory.emplace(address);
    return {address, size, lock ? Backend::kMlock : Backend::kNone};
  }
  void FreeLocked(void* address, size_t) noexcept override {
    m_memory.erase(address);
    Delete(address);
  }
  // They are deleted with the others.
  void AbandonLocked(void*, size_t) noexcept override {}
  size_t GetLimit() override { return m_limit; }

 private:
  static constexpr std::align_val_t kPage{4096};

  static void Delete(void* address) { ::operator delete[](address, kPage); }

  int m_count;
  int m_locked;
  const size_t m_limit;
  std::set<void*> m_memory;
};

}  // namespace bitcoin_support::test
