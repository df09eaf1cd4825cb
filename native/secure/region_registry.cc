#include "region_registry.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <new>
#include <thread>
#include <utility>

#include "memory_cleanse.h"

namespace bitcoin_support::region_registry {
namespace {

/// `m_state` says who may touch the other two. A signal's purge may interrupt any of these functions, so it
/// only takes entries that are kKnown and leaves all others alone.
struct Entry {
  enum State : int { kFree, kChanging, kKnown, kBeingWiped };
  std::atomic<int> m_state{kFree};
  std::atomic<unsigned char*> m_address{nullptr};
  std::atomic<size_t> m_size{0};
};

/// Blocks are only ever added, so whoever walks the list needs no lock.
struct Block {
  std::array<Entry, 64> m_entries;
  std::atomic<Block*> m_next{nullptr};
};

// Constant-initialized: a purge may come before any constructor and after every destructor.
Block g_first;

template <typename Visitor>
bool Visit(Visitor visit) {
  for (Block* block = &g_first; block != nullptr; block = block->m_next.load(std::memory_order_acquire)) {
    for (Entry& entry : block->m_entries) {
      if (visit(entry)) return true;
    }
  }
  return false;
}

bool Take(Entry& entry, int from, int to) noexcept {
  return entry.m_state.compare_exchange_strong(from, to, std::memory_order_acq_rel);
}

bool Append() noexcept {
  Block* const added = new (std::nothrow) Block;
  if (added == nullptr) return false;
  Block* last = &g_first;
  for (;;) {
    Block* next = nullptr;
    if (last->m_next.compare_exchange_strong(next, added, std::memory_order_acq_rel)) return true;
    last = next;
  }
}

}  // namespace

bool Add(void* address, size_t size) noexcept {
  const auto put = [&](Entry& entry) {
    if (!Take(entry, Entry::kFree, Entry::kChanging)) return false;
    entry.m_address.store(static_cast<unsigned char*>(address), std::memory_order_relaxed);
    entry.m_size.store(size, std::memory_order_relaxed);
    entry.m_state.store(Entry::kKnown, std::memory_order_release);
    return true;
  };
  while (!Visit(put)) {
    if (!Append()) return false;
  }
  return true;
}

void Remove(void* address) noexcept {
  Visit([&](Entry& entry) {
    if (entry.m_address.load(std::memory_order_relaxed) != address) return false;
    while (!Take(entry, Entry::kKnown, Entry::kChanging)) {
      if (entry.m_state.load(std::memory_order_relaxed) == Entry::kFree) return false;
      std::this_thread::yield();
    }
    entry.m_address.store(nullptr, std::memory_order_relaxed);
    entry.m_state.store(Entry::kFree, std::memory_order_release);
    return true;
  });
}

void WipeAll() noexcept {
  Visit([](Entry& entry) {
    if (!Take(entry, Entry::kKnown, Entry::kBeingWiped)) return false;
    MemoryCleanse(entry.m_address.load(std::memory_order_relaxed),
                  entry.m_size.load(std::memory_order_relaxed));
    entry.m_state.store(Entry::kKnown, std::memory_order_release);
    return false;
  });
}

void Close() noexcept {
  ForgetAll();
  Block* block = g_first.m_next.exchange(nullptr, std::memory_order_acq_rel);
  while (block != nullptr) delete std::exchange(block, block->m_next.load(std::memory_order_relaxed));
}

void ForgetAll() noexcept {
  Visit([](Entry& entry) {
    entry.m_address.store(nullptr, std::memory_order_relaxed);
    entry.m_state.store(Entry::kFree, std::memory_order_relaxed);
    return false;
  });
}

}  // namespace bitcoin_support::region_registry
