// The state of a buffer, and who may use its bytes.
#pragma once

#include <atomic>
#include <cstdint>

#include "secure/slot_pool.h"

namespace bitcoin_support {

/// The state of one buffer, in a place of a table that stays mapped for ever, so that looking at it with a
/// stale or forged handle is harmless.
///
/// One atomic word has the generation of the place, whether it is open, and who uses its bytes: any number of
/// readers, or one writer. A writer first keeps new readers out, and then waits for those that are in.
/// Closing keeps everyone out for good. The thread that closes waits for all users, unless it is a user
/// itself: then the buffer is an orphan, and the last user that leaves destroys it.
///
///     free ──Open()──▶ kValid ──Close(), CloseAtOnce()──▶ kClosing [kOrphan] ──set_generation()──▶ free
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
    kDrained,      ///< the caller is the only one left, and destroys it
    kLeftToUsers,  ///< the last user will destroy it
  };

  /// Whether the generation is open. Never waits.
  bool IsOpen(uint64_t generation) const noexcept {
    return Open(m_state.load(std::memory_order_acquire), generation);
  }

  /// Becomes a reader; waits until a writer has left. @returns false when the generation is not open
  bool EnterShared(uint64_t generation) noexcept;

  /// Becomes a reader without waiting. @returns false also when a writer is in or waits
  bool TryEnterShared(uint64_t generation) noexcept;

  /// Becomes the only user; waits until all others have left.
  /// @returns false when the generation is not open, or when this thread is a user itself (inside BufferUse)
  /// and would wait for ever
  bool EnterExclusive(uint64_t generation) noexcept;

  /// Leaves. @returns true when the caller must destroy the buffer
  [[nodiscard]] bool LeaveShared() noexcept;
  [[nodiscard]] bool LeaveExclusive() noexcept;

  /// Keeps everyone out and waits until all users have left, unless this thread is one.
  Closed Close(uint64_t generation) noexcept;

  /// Closes whichever generation is open, without waiting: for a purge, also in a signal handler.
  Closed CloseAtOnce() noexcept;

  /// Closes a block in a forked child, which has only one thread: its users no longer destroy it.
  /// @returns true when it has users, so that it must not be used again
  bool Abandon() noexcept;

  /// Sets or clears kLockWanted. @returns false when the generation is not open
  bool SetLockWanted(uint64_t generation, bool wanted) noexcept;

  /// Sets or clears kPagesLocked. To be called by the only user, when the bytes have moved.
  void SetPagesLocked(bool locked) noexcept;

  /// Opens the current generation of a free block. To be called by its owner only.
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
  // Only users may touch the slot. Anyone may read the numbers, and must then check again that the generation
  // is open.
  Slot slot;
  std::atomic<uint32_t> capacity{0};
  std::atomic<uint32_t> length{0};
  std::atomic<uint32_t> holders{0};  ///< see SecureBufferTable::Retain()
  uint32_t next_free = 0;            ///< the index of the next free block
};

static_assert(sizeof(ControlBlock) <= 40);

/// Records that this thread uses a buffer while code runs that may call any function on the same buffer.
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
