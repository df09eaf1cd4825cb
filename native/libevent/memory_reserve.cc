#include "libevent/memory_reserve.h"

#include <array>
#include <atomic>
#include <mutex>
#include <new>

#include "libevent/scrubbing_heap.h"

namespace bitcoin_support {
namespace {

// A connection with its bufferevent and buffers takes some twenty blocks, the largest of them half as long.
constexpr size_t kBlocks = 64;
constexpr size_t kBlockSize = 1024;

struct Reserve {
  std::mutex mutex;
  std::array<void*, kBlocks> blocks{};
  size_t count = 0;
  std::atomic<bool> is_short{false};
};

// Never destroyed: threads may still run while the process runs its exit handlers.
Reserve& GetReserve() {
  static Reserve* const reserve = new Reserve;
  return *reserve;
}

}  // namespace

void* MemoryReserve::Take(size_t size) {
  if (size > kBlockSize) return nullptr;
  Reserve& reserve = GetReserve();
  const std::lock_guard lock(reserve.mutex);
  reserve.is_short = true;
  return reserve.count == 0 ? nullptr : reserve.blocks[--reserve.count];
}

void MemoryReserve::Fill() {
  Reserve& reserve = GetReserve();
  const std::lock_guard lock(reserve.mutex);
  while (reserve.count < kBlocks) {
    void* const block = SystemMalloc(kBlockSize);
    if (block == nullptr) break;
    reserve.blocks[reserve.count++] = block;
  }
  reserve.is_short = reserve.count < kBlocks;
}

bool MemoryReserve::IsFull() {
  const std::atomic<bool>& is_short = GetReserve().is_short;
  if (!is_short.load(std::memory_order_relaxed)) return true;
  Fill();
  return !is_short.load(std::memory_order_relaxed);
}

void MemoryReserve::Require() {
  if (!IsFull()) throw std::bad_alloc();
}

}  // namespace bitcoin_support
