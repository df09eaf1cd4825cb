#include "secure/region_registry.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <new>
#include <thread>
#include <utility>

#include "secure/memory_cleanse.h"

namespace bitcoin_support::region_registry {
namespace {

/// `state` says who may use the other two. The purge of a signal handler may interrupt any of these
/// functions, so it only takes entries that are kKnown.
struct Entry {
  enum State : int { kFree, kChanging, kKnown, kBeingWiped };
  std::atomic<int> state{kFree};
  std::atomic<unsigned char*> address{nullptr};
  std::atomic<size_t> size{0};
};

/// Blocks are added and never removed, so walking the list needs no lock.
struct Block {
  std::array<Entry, 64> entries;
  std::atomic<Block*> next{nullptr};
};

// Initialized at compile time: a purge may come before all constructors and after all destructors.
Block g_first;

template <typename Visitor>
bool Visit(Visitor visit) {
  for (Block* block = &g_first; block != nullptr; block = block->next.load(std::memory_order_acquire)) {
    for (Entry& entry : block->entries) {
      if (visit(entry)) return true;
    }
  }
  return false;
}

bool Take(Entry& entry, int from, int to) noexcept {
  return entry.state.compare_exchange_strong(from, to, std::memory_order_acq_rel);
}

bool Append() noexcept {
  Block* const added = new (std::nothrow) Block;
  if (added == nullptr) return false;
  Block* last = &g_first;
  for (;;) {
    Block* next = nullptr;
    if (last->next.compare_exchange_strong(next, added, std::memory_order_acq_rel)) return true;
    last = next;
  }
}

}  // namespace

bool Add(void* address, size_t size) noexcept {
  const auto put = [&](Entry& entry) {
    if (!Take(entry, Entry::kFree, Entry::kChanging)) return false;
    entry.address.store(static_cast<unsigned char*>(address), std::memory_order_relaxed);
    entry.size.store(size, std::memory_order_relaxed);
    entry.state.store(Entry::kKnown, std::memory_order_release);
    return true;
  };
  while (!Visit(put)) {
    if (!Append()) return false;
  }
  return true;
}

void Remove(void* address) noexcept {
  Visit([&](Entry& entry) {
    if (entry.address.load(std::memory_order_relaxed) != address) return false;
    while (!Take(entry, Entry::kKnown, Entry::kChanging)) {
      if (entry.state.load(std::memory_order_relaxed) == Entry::kFree) return false;
      std::this_thread::yield();
    }
    entry.address.store(nullptr, std::memory_order_relaxed);
    entry.state.store(Entry::kFree, std::memory_order_release);
    return true;
  });
}

void WipeAll() noexcept {
  Visit([](Entry& entry) {
    if (!Take(entry, Entry::kKnown, Entry::kBeingWiped)) return false;
    MemoryCleanse(entry.address.load(std::memory_order_relaxed), entry.size.load(std::memory_order_relaxed));
    entry.state.store(Entry::kKnown, std::memory_order_release);
    return false;
  });
}

void Close() noexcept {
  ForgetAll();
  Block* block = g_first.next.exchange(nullptr, std::memory_order_acq_rel);
  while (block != nullptr) delete std::exchange(block, block->next.load(std::memory_order_relaxed));
}

void ForgetAll() noexcept {
  Visit([](Entry& entry) {
    entry.address.store(nullptr, std::memory_order_relaxed);
    entry.state.store(Entry::kFree, std::memory_order_relaxed);
    return false;
  });
}

}  // namespace bitcoin_support::region_registry
