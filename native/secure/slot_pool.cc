#include "secure/slot_pool.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "secure/memory_cleanse.h"
#include "secure/platform.h"

namespace bitcoin_support {
namespace {

constexpr size_t kGap = 32;  // the smallest canary, after the capacity of a class, that keeps the alignment
constexpr size_t kLinear = 256;
constexpr size_t kSmallSlab = 16 * 1024;
constexpr size_t kLargeSlab = 64 * 1024;

constexpr size_t RoundUp(size_t size, size_t to) { return (size + to - 1) / to * to; }

// Classes in steps of 32 up to 256 bytes, then four for each doubling.
constexpr uint8_t ClassOf(size_t capacity) {
  if (capacity <= kLinear) return static_cast<uint8_t>((capacity - 1) / SlotPool::kAlignment);
  const auto log = static_cast<size_t>(std::bit_width(capacity - 1)) - 1;
  const size_t quarter = ((capacity - 1) >> (log - 2)) & 3;
  return static_cast<uint8_t>(8 + (log - 8) * 4 + quarter);
}

constexpr size_t CapacityOf(uint8_t number) {
  if (number < 8) return (size_t{number} + 1) * SlotPool::kAlignment;
  const size_t log = 8 + (number - 8) / 4;
  return (size_t{1} << log) + ((number - 8) % 4 + 1) * (size_t{1} << (log - 2));
}

static_assert(ClassOf(1) == 0 && ClassOf(32) == 0 && ClassOf(33) == 1 && ClassOf(256) == 7);
static_assert(ClassOf(257) == 8 && CapacityOf(8) == 320 && ClassOf(320) == 8 && ClassOf(321) == 9);
static_assert(CapacityOf(ClassOf(1024)) == 1024 && CapacityOf(ClassOf(1025)) == 1280);
static_assert(CapacityOf(31) == SlotPool::kLargestClass && ClassOf(SlotPool::kLargestClass) == 31);

unsigned char* AlignUp(unsigned char* at) {
  const auto address = reinterpret_cast<uintptr_t>(at);
  return at + (RoundUp(address, SlotPool::kAlignment) - address);
}

}  // namespace

SlotPool::~SlotPool() {
  // Slots that are still in use are their owner's mistake: their slabs stay in the pool.
  for (Slab* const slab : m_empty) {
    if (slab != nullptr) FreeSlab(slab);
  }
}

Slot SlotPool::Take(size_t capacity) {
  if (capacity == 0 || capacity > std::numeric_limits<int32_t>::max()) return {};
  const Slot slot = capacity <= kLargestClass ? TakeFromClass(ClassOf(capacity)) : TakeAlone(capacity);
  if (slot.data == nullptr) return {};
  m_canary.Fill(slot.data + capacity, CanarySize(slot, capacity));
  return slot;
}

Slot SlotPool::TakeFromClass(uint8_t number) {
  Slab* slab = m_partial[number];
  if (slab == nullptr) {
    slab = m_empty[number];
    m_empty[number] = nullptr;
    if (slab == nullptr) slab = NewSlabOfClass(number);
    if (slab == nullptr) return {};
    Link(slab);
  }
  const uint16_t index = slab->stack[--slab->free];
  if (slab->free == 0) Unlink(slab);
  return {slab->first + size_t{index} * slab->slot_size, slab};
}

Slab* SlotPool::NewSlab(Slab::Kind kind, size_t size) {
  m_slabs.emplace_front();
  Slab& slab = m_slabs.front();
  slab.self = m_slabs.begin();
  slab.kind = kind;
  slab.size = size;
  void* const memory = kind == Slab::Kind::kRegion ? m_pool->AllocRegion(size) : m_pool->Alloc(size);
  if (memory == nullptr) {
    m_slabs.pop_front();
    return nullptr;
  }
  slab.memory = static_cast<unsigned char*>(memory);
  slab.first = AlignUp(slab.memory);
  slab.locked = m_pool->IsLocked(memory);
  return &slab;
}

Slab* SlotPool::NewSlabOfClass(uint8_t number) {
  const size_t slot_size = CapacityOf(number) + kGap;
  size_t size = slot_size <= kSmallSlab / 8 ? kSmallSlab : kLargeSlab;
  // In an arena that is smaller than usual, take no larger a part of it: other classes need room there too.
  const size_t arena = m_pool->ArenaSize();
  if (arena < LockedPool::kArenaSize) {
    size = std::max(size * arena / LockedPool::kArenaSize, slot_size) + kAlignment;
    size = RoundUp(size, LockedPool::kArenaAlign);
  }
  auto stack = std::make_unique<uint16_t[]>(size / slot_size);
  Slab* const slab = NewSlab(Slab::Kind::kSlots, size);
  if (slab == nullptr) return nullptr;
  // The pool aligns to 16 bytes only, so the last slot may not fit.
  const auto skipped = static_cast<size_t>(slab->first - slab->memory);
  slab->slot_size = static_cast<uint32_t>(slot_size);
  slab->count = static_cast<uint16_t>((size - skipped) / slot_size);
  slab->free = slab->count;
  slab->class_number = number;
  for (uint16_t i = 0; i < slab->count; ++i) {
    stack[i] = static_cast<uint16_t>(slab->count - 1 - i);
  }
  slab->stack = std::move(stack);
  return slab;
}

Slot SlotPool::TakeAlone(size_t capacity) {
  const size_t rounded = RoundUp(capacity, kAlignment);
  if (capacity <= kLargestChunk) {
    Slab* const slab = NewSlab(Slab::Kind::kChunk, rounded + kGap + kAlignment);
    if (slab == nullptr) return {};
    slab->slot_size = static_cast<uint32_t>(rounded + kGap);
    return {slab->first, slab};
  }
  Slab* const slab = NewSlab(Slab::Kind::kRegion, RoundUp(capacity, platform::PageSize()));
  if (slab == nullptr) return {};
  // The slot is at the end of the pages, so that an overrun reaches the guard page as soon as the alignment
  // allows.
  slab->first = slab->memory + (slab->size - rounded);
  return {slab->first, slab};
}

void SlotPool::Return(const Slot& slot) noexcept {
  Slab* const slab = slot.slab;
  if (slab->kind != Slab::Kind::kSlots) {
    FreeSlab(slab);
    return FreeEmptyArenas();
  }
  const auto offset = static_cast<uint32_t>(slot.data - slab->first);
  slab->stack[slab->free++] = static_cast<uint16_t>(offset / slab->slot_size);
  if (slab->free == 1) Link(slab);
  if (slab->free < slab->count) return;
  Unlink(slab);
  if (m_empty[slab->class_number] == nullptr) {
    m_empty[slab->class_number] = slab;
  } else {
    FreeSlab(slab);
  }
  FreeEmptyArenas();
}

// Frees the arenas that have nothing but empty slabs in them.
void SlotPool::FreeEmptyArenas() noexcept {
  for (size_t i = 0; i < kClasses && m_pool->arenas() > 1; ++i) {
    if (m_empty[i] == nullptr) continue;
    const LockedPool::ArenaUse arena = m_pool->ArenaOf(m_empty[i]->memory);
    std::array<bool, kClasses> within{};
    size_t kept = 0;
    for (size_t j = i; j < kClasses; ++j) {
      within[j] = m_empty[j] != nullptr && m_pool->ArenaOf(m_empty[j]->memory).base == arena.base;
      if (within[j]) kept += m_empty[j]->size;
    }
    if (kept != arena.used) continue;
    for (size_t j = i; j < kClasses; ++j) {
      if (within[j]) FreeSlab(std::exchange(m_empty[j], nullptr));
    }
  }
}

void SlotPool::FreeSlab(Slab* slab) noexcept {
  if (slab->kind == Slab::Kind::kRegion) {
    m_pool->FreeRegion(slab->memory);
  } else {
    m_pool->Free(slab->memory);
  }
  m_slabs.erase(slab->self);
}

void SlotPool::Link(Slab* slab) noexcept {
  Slab*& first = m_partial[slab->class_number];
  slab->previous = nullptr;
  slab->next = first;
  if (first != nullptr) first->previous = slab;
  first = slab;
}

void SlotPool::Unlink(Slab* slab) noexcept {
  if (slab->previous != nullptr) {
    slab->previous->next = slab->next;
  } else {
    m_partial[slab->class_number] = slab->next;
  }
  if (slab->next != nullptr) slab->next->previous = slab->previous;
}

size_t SlotPool::CanarySize(const Slot& slot, size_t capacity) noexcept {
  const Slab& slab = *slot.slab;
  if (slab.kind != Slab::Kind::kRegion) return slab.slot_size - capacity;
  return static_cast<size_t>(slab.memory + slab.size - slot.data) - capacity;
}

bool SlotPool::CanaryIntact(const Slot& slot, size_t capacity) const noexcept {
  return m_canary.Intact(slot.data + capacity, CanarySize(slot, capacity));
}

void SlotPool::Wipe(const Slot& slot, size_t capacity) const noexcept {
  const size_t whole = capacity + CanarySize(slot, capacity);
  MemoryCleanse(slot.data, whole);
  MemoryCleanse(slot.data, whole);
}

LockedPool::Stats SlotPool::GetStats() const {
  LockedPool::Stats stats = m_pool->GetStats();
  for (const Slab* const slab : m_empty) {
    if (slab == nullptr) continue;
    stats.used -= slab->size;
    stats.free += slab->size;
    --stats.chunks_used;
    ++stats.chunks_free;
  }
  return stats;
}

void SlotPool::AbandonInChild() noexcept {
  m_partial.fill(nullptr);
  m_empty.fill(nullptr);
  m_slabs.clear();
}

}  // namespace bitcoin_support
