#include "libevent/free_watch.h"

#include <unordered_map>
#include <utility>

#include "libevent/thread_heap.h"

namespace bitcoin_support {

void FreeWatch::Start(const void* block, void (*on_free)(void*), void* arg) {
  Stop();
  ThreadHeap* const heap = ThreadHeap::Get();
  if (heap == nullptr || block == nullptr) return;
  heap->watches().insert_or_assign(block, this);
  m_block = block;
  m_on_free = on_free;
  m_arg = arg;
}

void FreeWatch::Stop() {
  if (!on()) return;
  ThreadHeap* const heap = ThreadHeap::Get();
  if (heap != nullptr) heap->watches().erase(m_block);
  m_block = nullptr;
}

void FreeWatch::Notify(const void* block) {
  auto& watches = ThreadHeap::Get()->watches();
  const auto entry = watches.find(block);
  if (entry == watches.end()) return;
  FreeWatch& watch = *entry->second;
  watches.erase(entry);
  watch.m_block = nullptr;
  watch.m_on_free(watch.m_arg);
}

}  // namespace bitcoin_support
