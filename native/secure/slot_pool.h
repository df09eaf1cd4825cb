// Slots in locked memory for buffers, each with a canary after its last byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "secure/canary.h"
#include "secure/locked_pool.h"

namespace bitcoin_support {

/// A piece of locked memory that is divided into slots. All bookkeeping is outside of it.
struct Slab {
  enum class Kind : uint8_t {
    kSlots,   ///< many slots in a chunk of an arena
    kChunk,   ///< one slot that is a chunk of an arena
    kRegion,  ///< one slot between guard pages of its own
  };

  std::list<Slab>::iterator self;  ///< in the list that owns it
  Slab* next = nullptr;            ///< in the list of its class, while it has a free slot
  Slab* previous = nullptr;
  unsigned char* memory = nullptr;    ///< what the LockedPool gave
  unsigned char* first = nullptr;     ///< the first slot
  std::unique_ptr<uint16_t[]> stack;  ///< numbers of the free slots, for kSlots
  size_t size = 0;                    ///< bytes at memory
  uint32_t slot_size = 0;             ///< bytes of a slot, 0 for kRegion
  uint16_t count = 0;
  uint16_t free = 0;
  uint8_t class_number = 0;
  Kind kind = Kind::kSlots;
  bool locked = false;
};

/// The memory of a buffer. `data` is aligned to 32 bytes, and null when there was no memory.
struct Slot {
  unsigned char* data = nullptr;
  Slab* slab = nullptr;
};

/// Size classes over a LockedPool. Not thread-safe, except where a function says so.
class SlotPool {
 public:
  static constexpr size_t kAlignment = 32;
  /// A larger slot is a chunk of an arena, which wastes less.
  static constexpr size_t kLargestClass = 16 * 1024;
  /// A larger slot has pages of its own.
  static constexpr size_t kLargestChunk = LockedPool::kArenaSize / 2;

  explicit SlotPool(LockedPool& pool) : m_pool(&pool) {}
  ~SlotPool();
  SlotPool(const SlotPool&) = delete;
  SlotPool& operator=(const SlotPool&) = delete;

  /// @returns a slot of zeros for 1 to INT32_MAX bytes, followed by a canary
  Slot Take(size_t capacity);

  /// Takes a slot back that Wipe() has wiped.
  void Return(const Slot& slot) noexcept;

  /// Whether nobody has written past the capacity. Takes no lock: only the slot's owner may call it.
  bool CanaryIntact(const Slot& slot, size_t capacity) const noexcept;

  /// Overwrites the whole slot with zeros, twice. Takes no lock either.
  void Wipe(const Slot& slot, size_t capacity) const noexcept;

  const Canary& canary() const noexcept { return m_canary; }

  /// The pool's statistics. Empty slabs that are kept count as free.
  LockedPool::Stats GetStats() const;

  /// In a forked child: forgets all slots, which belong to its parent.
  void AbandonInChild() noexcept;

 private:
  static constexpr size_t kClasses = 32;

  Slot TakeFromClass(uint8_t number);
  Slot TakeAlone(size_t capacity);
  Slab* NewSlab(Slab::Kind kind, size_t size);
  Slab* NewSlabOfClass(uint8_t number);
  void FreeSlab(Slab* slab) noexcept;
  void FreeEmptyArenas() noexcept;
  void Link(Slab* slab) noexcept;
  void Unlink(Slab* slab) noexcept;
  /// @returns the canary's bytes, from the capacity to the slot's end
  static size_t CanarySize(const Slot& slot, size_t capacity) noexcept;

  LockedPool* const m_pool;
  const Canary m_canary;
  std::list<Slab> m_slabs;
  /// The slabs of each class that have a free slot.
  std::array<Slab*, kClasses> m_partial{};
  /// One empty slab of each class is kept: otherwise a buffer that comes and goes would make and free one
  /// each time. They do not keep an arena from going back to the system, except the last arena.
  std::array<Slab*, kClasses> m_empty{};
};

}  // namespace bitcoin_support
