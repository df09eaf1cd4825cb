// What is known of a buffer besides its bytes, and who may touch those.
#pragma once

#include <atomic>
#include <cstdint>

#include "slot_pool.h"

namespace bitcoin_support {

/// The state of one buffer, in a slot of a table that stays mapped for ever, so that looking at it with a
/// handle that is stale or forged is harmless.
///
/// One atomic word says which generation of the slot lives, whether it is open, and who uses its bytes: any
/// number of readers, or one writer. A writer first keeps new readers out, then waits for those that are in.
/// Closing keeps everyone out for good; who closes waits for those that are in, unless it is itself one of
/// them: then the buffer is an orphan, and the last to leave destroys it.
class ControlBlock {
 public:
  static constexpr int kGenerationShift = 35;
  static constexpr uint64_t kLastGeneration = (uint64_t{1} << (64 - kGenerationShift)) - 1;

  static constexpr uint64_t kReaders = (uint64_t{1} << 24) - 1;
  static constexpr uint64_t kValid = uint64_t{1} << 24;
  static constexpr uint64_t kLockWanted = uint64_t{1} << 25;
  static constexpr uint64_t kPagesLocked = uint64_t{1} << 26;
  static constexpr uint64_t kClosing = uint64_t{1} << 27;
  static constexpr uint64_t kWriter = uint64_t{1} << 28;
  static constexpr uint64_t kOrphan = uint64_t{1} << 29;

  enum class Closed {
    kGone,         ///< it was not open
    kDrained,      ///< it is the caller's alone, to destroy
    kLeftToUsers,  ///< the last user will destroy it
  };

  /// Whether the generation is open; never waits.
  bool IsOpen(uint64_t generation) const noexcept {
    return Open(m_state.load(std::memory_order_acquire), generation);
  }

  /// Becomes one of the readers, waiting for a writer to leave. False when the generation is not open.
  bool EnterShared(uint64_t generation) noexcept;

  /// The same without waiting: false also when a writer is in or waits.
  bool TryEnterShared(uint64_t generation) noexcept;

  /// Becomes the only user, waiting for all others to leave. False when the generation is not open, or when
  /// this thread itself is one of the others (inside BufferUse) and would wait for ever.
  bool EnterExclusive(uint64_t generation) noexcept;

  /// Leaves; true when the caller must now destroy the buffer.
  [[nodiscard]] bool LeaveShared() noexcept;
  [[nodiscard]] bool LeaveExclusive() noexcept;

  /// Keeps everyone out and waits for all users to leave, unless this thread is one.
  Closed Close(uint64_t generation) noexcept;

  /// Closes whatever generation is open without waiting: for a purge, also in a signal handler. kGone when
  /// none is.
  Closed CloseAtOnce() noexcept;

  /// Closes a block for which no other thread is left, after a fork: users do not destroy it any more. True
  /// when there are any, so that it must not be used again.
  bool Abandon() noexcept;

  /// Sets or clears kLockWanted; false when the generation is not open.
  bool SetLockWanted(uint64_t generation, bool wanted) noexcept;

  /// Sets or clears kPagesLocked, for its only user: the bytes are elsewhere now.
  void SetPagesLocked(bool locked) noexcept;

  /// Opens the current generation. Only the owner of a free block may call it.
  void Open(bool pages_locked) noexcept;

  uint64_t state() const noexcept { return m_state.load(std::memory_order_acquire); }
  uint64_t generation() const noexcept { return state() >> kGenerationShift; }
  /// Sets the generation of a block that is not open and has no users.
  void set_generation(uint64_t generation) noexcept {
    m_state.store(generation << kGenerationShift, std::memory_order_release);
  }

  static bool Open(uint64_t state, uint64_t generation) noexcept {
    return state >> kGenerationShift == generation && (state & kValid) != 0;
  }

 private:
  std::atomic<uint64_t> m_state{0};

 public:
  // Only users touch the slot; the numbers may be read by anyone who then looks again whether the generation
  // is open.
  Slot m_slot;
  std::atomic<uint32_t> m_capacity{0};
  std::atomic<uint32_t> m_length{0};
  std::atomic<uint32_t> m_holders{0};  ///< see SecureBufferTable::Retain()
  uint32_t m_next_free = 0;            ///< the index of the next free block
};

static_assert(sizeof(ControlBlock) <= 40);

/// Says that this thread uses a buffer while code runs that may call any function on the same buffer.
class ThreadUse {
 public:
  explicit ThreadUse(const ControlBlock* block) noexcept;
  ~ThreadUse();
  ThreadUse(const ThreadUse&) = delete;
  ThreadUse& operator=(const ThreadUse&) = delete;

  static bool Holds(const ControlBlock* block) noexcept;

 private:
  const ControlBlock* const m_block;
  ThreadUse* m_next;
  ThreadUse* m_previous;
};

}  // namespace bitcoin_support
