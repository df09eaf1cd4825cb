#include "secure/secure_buffer_table.h"

#include <cstring>
#include <new>

#include "secure/locked_pool_manager.h"
#include "secure/platform.h"
#include "secure/region_registry.h"

namespace bitcoin_support {
namespace {

std::atomic<SecureBufferTable*> g_instance{nullptr};

}  // namespace

SecureBufferTable::~SecureBufferTable() {
  for (const std::atomic<Block*>& chunk : m_chunks) delete[] chunk.load(std::memory_order_relaxed);
}

SecureBufferTable& SecureBufferTable::Instance() {
  if (SecureBufferTable* const made = g_instance.load(std::memory_order_acquire)) return *made;
  static SecureBufferTable* const instance = [] {
    auto* const made = new SecureBufferTable(LockedPoolManager::Instance().pool());
    g_instance.store(made, std::memory_order_release);
    return made;
  }();
  return *instance;
}

void SecureBufferTable::Close() noexcept {
  SecureBufferTable* const table = g_instance.exchange(nullptr, std::memory_order_acq_rel);
  if (table != nullptr) {
    table->Purge();
    delete table;
  }
  LockedPoolManager::Instance().Close();
  region_registry::Close();
}

SecureBufferTable* SecureBufferTable::IfMade() noexcept { return g_instance.load(std::memory_order_acquire); }

BufferNumber SecureBufferTable::New(size_t capacity) noexcept {
  if (capacity == 0 || capacity > kMaxCapacity) return 0;
  try {
    const std::lock_guard lock(m_mutex);
    if (m_first_free == kNoIndex && !AddBlock()) return 0;
    const Slot slot = m_slots.Take(capacity);
    if (slot.data == nullptr) return 0;
    const uint32_t index = m_first_free;
    ControlBlock& block = *Find(index);
    m_first_free = block.next_free;
    block.slot = slot;
    block.capacity.store(static_cast<uint32_t>(capacity), std::memory_order_relaxed);
    block.length.store(0, std::memory_order_relaxed);
    block.holders.store(1, std::memory_order_relaxed);
    const BufferNumber number = block.generation() << kIndexBits | index;
    block.Open(slot.slab->locked);
    m_live.store(m_live.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return number;
  } catch (...) {
    return 0;  // no memory for bookkeeping
  }
}

bool SecureBufferTable::AddBlock() {
  const uint32_t index = m_count.load(std::memory_order_relaxed);
  if (index == kMaxBlocks) return false;
  if (index % kChunk == 0) {
    auto* const chunk = new (std::nothrow) Block[kChunk];
    if (chunk == nullptr) return false;
    m_chunks[index / kChunk].store(chunk, std::memory_order_release);
  }
  Block& block = *Find(index);
  // Not 1 for all, so that a number of another process, or from before a fork, is hardly ever valid.
  block.set_generation(1 + m_slots.canary().Hash(index) % (ControlBlock::kLastGeneration / 2));
  block.next_free = m_first_free;
  m_first_free = index;
  m_count.store(index + 1, std::memory_order_release);
  return true;
}

bool SecureBufferTable::Destroy(BufferNumber number) noexcept {
  ControlBlock* const block = Find(number);
  if (block == nullptr) return false;
  const uint32_t purges = m_purges.load(std::memory_order_acquire);
  switch (block->Close(GenerationOf(number))) {
    case ControlBlock::Closed::kGone:
      return false;
    case ControlBlock::Closed::kLeftToUsers:
      return true;
    case ControlBlock::Closed::kDrained:
      break;
  }
  Finish(number, purges);
  return true;
}

bool SecureBufferTable::Enlarge(ControlBlock& block, size_t capacity) noexcept {
  if (capacity > kMaxCapacity) return false;
  const uint32_t purges = m_purges.load(std::memory_order_acquire);
  const Slot old = block.slot;
  const size_t old_capacity = block.capacity.load(std::memory_order_relaxed);
  try {
    const std::lock_guard lock(m_mutex);
    const Slot slot = m_slots.Take(capacity);
    if (slot.data == nullptr) return false;
    std::memcpy(slot.data, old.data, block.length.load(std::memory_order_relaxed));
    CheckCanary(block, purges);
    block.slot = slot;
  } catch (...) {
    return false;  // no memory for bookkeeping
  }
  block.capacity.store(static_cast<uint32_t>(capacity), std::memory_order_relaxed);
  block.SetPagesLocked(block.slot.slab->locked);
  m_slots.Wipe(old, old_capacity);
  const std::lock_guard lock(m_mutex);
  m_slots.Return(old);
  return true;
}

// A purge wipes the canary too, so its damage means nothing then.
void SecureBufferTable::CheckCanary(const ControlBlock& block, uint32_t purges) const noexcept {
  const size_t capacity = block.capacity.load(std::memory_order_relaxed);
  if (!m_slots.CanaryIntact(block.slot, capacity) && m_purges.load(std::memory_order_acquire) == purges) {
    platform::Die("secure memory: a buffer was written past its end\n");
  }
}

void SecureBufferTable::Finish(BufferNumber number, uint32_t purges) noexcept {
  const Block& block = *Find(number);
  CheckCanary(block, purges);
  m_slots.Wipe(block.slot, block.capacity.load(std::memory_order_relaxed));
  const std::lock_guard lock(m_mutex);
  FreeBlock(static_cast<uint32_t>(number & (kMaxBlocks - 1)));
}

void SecureBufferTable::FreeBlock(uint32_t index) noexcept {
  Block& block = *Find(index);
  m_slots.Return(block.slot);
  block.slot = {};
  block.capacity.store(0, std::memory_order_relaxed);
  block.length.store(0, std::memory_order_relaxed);
  m_live.store(m_live.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  m_destroyed.store(m_destroyed.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  NextGeneration(index);
}

// A used-up generation retires the index: a number must never come back.
void SecureBufferTable::NextGeneration(uint32_t index) noexcept {
  Block& block = *Find(index);
  const uint64_t generation = block.generation();
  if (generation == ControlBlock::kLastGeneration) return;
  block.set_generation(generation + 1);
  block.next_free = m_first_free;
  m_first_free = index;
}

bool SecureBufferTable::Retain(BufferNumber number) noexcept {
  ControlBlock* const block = Find(number);
  if (block == nullptr || !block->EnterShared(GenerationOf(number))) return false;
  uint32_t holders = block->holders.load(std::memory_order_relaxed);
  bool held = false;
  while (holders != 0 && holders != std::numeric_limits<uint32_t>::max() && !held) {
    held = block->holders.compare_exchange_weak(holders, holders + 1, std::memory_order_relaxed);
  }
  if (block->LeaveShared()) Finish(number, 0);
  return held;
}

bool SecureBufferTable::Release(BufferNumber number) noexcept {
  ControlBlock* const block = Find(number);
  if (block == nullptr || !block->EnterShared(GenerationOf(number))) return false;
  uint32_t holders = block->holders.load(std::memory_order_relaxed);
  bool released = false;
  while (holders != 0 && !released) {
    released = block->holders.compare_exchange_weak(holders, holders - 1, std::memory_order_relaxed);
  }
  if (block->LeaveShared()) Finish(number, 0);
  if (released && holders == 1) Destroy(number);
  return released;
}

LockedPool::Stats SecureBufferTable::GetStats() {
  const std::lock_guard lock(m_mutex);
  return m_slots.GetStats();
}

void SecureBufferTable::Purge() noexcept {
  const std::lock_guard lock(m_mutex);
  m_purges.fetch_add(1, std::memory_order_acq_rel);
  const uint32_t count = m_count.load(std::memory_order_relaxed);
  for (uint32_t index = 0; index < count; ++index) {
    Block& block = *Find(index);
    if (block.CloseAtOnce() != ControlBlock::Closed::kDrained) continue;
    m_slots.Wipe(block.slot, block.capacity.load(std::memory_order_relaxed));
    FreeBlock(index);
  }
  region_registry::WipeAll();
}

void SecureBufferTable::PurgeFromSignal() noexcept {
  m_purges.fetch_add(1, std::memory_order_acq_rel);
  const uint32_t count = m_count.load(std::memory_order_acquire);
  for (uint32_t index = 0; index < count; ++index) Find(index)->CloseAtOnce();
  region_registry::WipeAll();
}

// The memory of the parent's buffers is wiped or unmapped: no number of theirs stays valid, and their memory
// is not used again. A block that had a user during the fork keeps its count of users, and is not used again.
void SecureBufferTable::AbandonInChild() noexcept {
  m_slots.AbandonInChild();
  m_first_free = kNoIndex;
  m_live.store(0, std::memory_order_relaxed);
  const uint32_t count = m_count.load(std::memory_order_relaxed);
  for (uint32_t index = 0; index < count; ++index) {
    Block& block = *Find(index);
    block.slot = {};
    if (!block.Abandon()) NextGeneration(index);
  }
  m_mutex.unlock();
}

}  // namespace bitcoin_support
