#include "live_blocks.h"

#include <atomic>
#include <mutex>
#include <set>

namespace bitcoin_support {
namespace {

struct ThreadCount;

struct Counts {
  std::mutex mutex;
  std::set<const ThreadCount*> threads;
  long ended = 0;  // what ended threads have left over
};

// Never destroyed: threads may end while the process runs its exit handlers.
Counts& GetCounts() {
  static Counts* const counts = new Counts;
  return *counts;
}

struct ThreadCount {
  ThreadCount() {
    const std::lock_guard lock(GetCounts().mutex);
    GetCounts().threads.insert(this);
  }
  ~ThreadCount() {
    const std::lock_guard lock(GetCounts().mutex);
    GetCounts().threads.erase(this);
    GetCounts().ended += value.load(std::memory_order_relaxed);
  }

  // Written by its thread alone, so a load and a store do, without the price of a locked instruction.
  std::atomic<long> value{0};
};

}  // namespace

void CountLiveBlock(int change) {
  thread_local ThreadCount count;
  count.value.store(count.value.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

std::size_t LiveBlocks() {
  Counts& counts = GetCounts();
  const std::lock_guard lock(counts.mutex);
  long sum = counts.ended;
  for (const ThreadCount* const count : counts.threads) sum += count->value.load(std::memory_order_relaxed);
  return sum < 0 ? 0 : static_cast<std::size_t>(sum);
}

}  // namespace bitcoin_support
