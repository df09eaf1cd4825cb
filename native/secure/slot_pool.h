// Equal slots in locked memory for buffers, each with a canary behind its last byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "canary.h"
#include "locked_pool.h"

namespace bitcoin_support {

/// A piece of locked memory that slots are cut from; all bookkeeping is outside of it.
struct Slab {
  enum class Kind : uint8_t {
    kSlots,   ///< many slots in a chunk of an arena
    kChunk,   ///< one slot that is a chunk of an arena
    kRegion,  ///< one slot between guard pages of its own
  };

  std::list<Slab>::iterator m_self;  ///< in the list that owns it
  Slab* m_next = nullptr;            ///< in the list of its class, while it has a free slot
  Slab* m_previous = nullptr;
  unsigned char* m_memory = nullptr;    ///< what the LockedPool gave
  unsigned char* m_first = nullptr;     ///< the first slot
  std::unique_ptr<uint16_t[]> m_stack;  ///< numbers of the free slots, for kSlots
  size_t m_size = 0;                    ///< bytes at m_memory
  uint32_t m_slot_size = 0;             ///< bytes of a slot, 0 for kRegion
  uint16_t m_count = 0;
  uint16_t m_free = 0;
  uint8_t m_class = 0;
  Kind m_kind = Kind::kSlots;
  bool m_locked = false;
};

/// What a buffer lives in. `data` is 32-byte aligned, null when there was no memory.
struct Slot {
  unsigned char* data = nullptr;
  Slab* slab = nullptr;
};

/// Size classes over a LockedPool. Not thread-safe, except where a function says so.
class SlotPool {
 public:
  static constexpr size_t kAlignment = 32;
  /// From here on a slot is a chunk of an arena, which wastes less.
  static constexpr size_t kLargestClass = 16 * 1024;
  /// From here on a slot has pages of its own.
  static constexpr size_t kLargestChunk = LockedPool::kArenaSize / 2;

  explicit SlotPool(LockedPool& pool) : m_pool(&pool) {}
  ~SlotPool();
  SlotPool(const SlotPool&) = delete;
  SlotPool& operator=(const SlotPool&) = delete;

  /// A slot of zeros for 1 to INT32_MAX bytes, followed by a canary.
  Slot Take(size_t capacity);

  /// Takes a slot back that Wipe() has wiped.
  void Return(const Slot& slot) noexcept;

  /// Whether nobody has written past the capacity. Needs no lock: only the slot's owner may call it.
  bool CanaryIntact(const Slot& slot, size_t capacity) const noexcept;

  /// Overwrites all of the slot with zeros twice. Needs no lock either.
  void Wipe(const Slot& slot, size_t capacity) const noexcept;

  const Canary& canary() const noexcept { return m_canary; }

  /// The pool's stats, in which what is kept for coming slots counts as free.
  LockedPool::Stats GetStats() const;

  /// In a forked child: forgets all slots, which are its parent's.
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
  /// The canary's bytes behind the capacity, to the slot's end.
  static size_t Rest(const Slot& slot, size_t capacity) noexcept;

  LockedPool* const m_pool;
  const Canary m_canary;
  std::list<Slab> m_slabs;
  /// The slabs of each class that have a free slot.
  std::array<Slab*, kClasses> m_partial{};
  /// An empty slab of each class, kept so that a buffer that comes and goes does not make and free one each
  /// time. None keeps an arena from going back to the system, the last one apart.
  std::array<Slab*, kClasses> m_empty{};
};

}  // namespace bitcoin_support
