// All secure buffers of a pool, each with a number.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>

#include "secure/control_block.h"
#include "secure/locked_pool.h"
#include "secure/slot_pool.h"

namespace bitcoin_support {

/// What users know a buffer by: 29 bits of generation, then 24 bits of index. It is never 0, fits a double,
/// and is never dereferenced, so that a stale, doubled or forged one is recognized and does no harm.
using BufferNumber = uint64_t;

/// Makes and destroys buffers. Thread-safe. The functions of a live buffer are in secure_buffer.h.
class SecureBufferTable {
 public:
  static constexpr size_t kMaxCapacity = std::numeric_limits<int32_t>::max();
  static constexpr int kIndexBits = 24;

  explicit SecureBufferTable(LockedPool& pool) : m_slots(pool) {}
  /// For tests: nobody may use any of its numbers afterwards.
  ~SecureBufferTable();
  SecureBufferTable(const SecureBufferTable&) = delete;
  SecureBufferTable& operator=(const SecureBufferTable&) = delete;

  /// The process's table, over the pool of LockedPoolManager; made at the first call and never destroyed.
  static SecureBufferTable& Instance();
  /// The process's table, or null when it has not been made. Async-signal-safe.
  static SecureBufferTable* IfMade() noexcept;

  /// Wipes and frees the process's table and pool when the library is unloaded. Nobody may use a buffer any
  /// more. Not for the end of the process.
  static void Close() noexcept;

  /// @returns a buffer of zeros with one holder; 0 when the capacity is 0 or more than kMaxCapacity, when
  /// there is no memory, or when the pages could not be locked and the policy requires it
  BufferNumber New(size_t capacity) noexcept;

  /// Keeps everyone out, waits until all users have left, wipes the buffer twice and frees its memory. When
  /// this thread is a user itself (inside BufferUse), the last user does that instead. Aborts the process
  /// when the canary after the buffer is damaged. @returns false when the buffer was not open, as after
  /// another destroy
  bool Destroy(BufferNumber number) noexcept;

  /// Moves the bytes of a buffer to a place with room for `capacity` bytes, and wipes the old place twice.
  /// The caller is its only user (ExclusiveAccess). @returns false where New() returns 0; then nothing has
  /// changed
  bool Enlarge(ControlBlock& block, size_t capacity) noexcept;

  /// Adds a holder. @returns false when the buffer is not open
  bool Retain(BufferNumber number) noexcept;
  /// Removes a holder, and destroys the buffer after the last. @returns false when the buffer is not open
  bool Release(BufferNumber number) noexcept;

  /// Closes all buffers and wipes all locked memory of the process, without waiting for users. A user then
  /// reads zeros; what it still writes is wiped when it leaves.
  void Purge() noexcept;
  /// Purge() for a signal handler that ends the process: the slots are not used again.
  void PurgeFromSignal() noexcept;

  /// The number of open buffers. Takes no lock.
  size_t live() const noexcept { return m_live.load(std::memory_order_relaxed); }
  /// How many buffers were destroyed so far. Takes no lock.
  uint64_t destroyed() const noexcept { return m_destroyed.load(std::memory_order_relaxed); }

  /// The pool's statistics. Slots that are kept for new buffers count as free.
  LockedPool::Stats GetStats();

  /// @returns the block of a number, open or not; null when there is none
  ControlBlock* Find(BufferNumber number) const noexcept {
    const uint64_t index = number & (kMaxBlocks - 1);
    Block* const blocks = m_chunks[index / kChunk].load(std::memory_order_acquire);
    return blocks == nullptr ? nullptr : &blocks[index % kChunk];
  }
  static uint64_t GenerationOf(BufferNumber number) noexcept { return number >> kIndexBits; }

  /// Destroys a closed buffer without users: for the last user of an orphan. Aborts the process when the
  /// canary is damaged, unless a purge has come since there were `purges` of them.
  void Finish(BufferNumber number, uint32_t purges = 0) noexcept;

  /// To be called around a fork(): see fork_watch.cc.
  void LockForFork() { m_mutex.lock(); }
  void UnlockAfterFork() { m_mutex.unlock(); }
  /// Called in the child, where the buffers' memory is wiped or unmapped: closes them all, then unlocks.
  void AbandonInChild() noexcept;

  const SlotPool& slots() const noexcept { return m_slots; }

 private:
  using Block = ControlBlock;
  static constexpr uint64_t kMaxBlocks = uint64_t{1} << kIndexBits;
  static constexpr size_t kChunk = 2048;
  static constexpr uint32_t kNoIndex = std::numeric_limits<uint32_t>::max();

  void CheckCanary(const ControlBlock& block, uint32_t purges) const noexcept;
  bool AddBlock();
  void FreeBlock(uint32_t index) noexcept;
  void NextGeneration(uint32_t index) noexcept;

  std::mutex m_mutex;
  SlotPool m_slots;
  /// Blocks never move and are never freed, so Find() takes no lock.
  std::array<std::atomic<Block*>, kMaxBlocks / kChunk> m_chunks{};
  uint32_t m_first_free = kNoIndex;
  std::atomic<uint32_t> m_count{0};
  std::atomic<size_t> m_live{0};
  std::atomic<uint64_t> m_destroyed{0};
  std::atomic<uint32_t> m_purges{0};
};

}  // namespace bitcoin_support
