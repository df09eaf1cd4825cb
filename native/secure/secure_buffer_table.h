// All secure buffers of a pool, each known to its users by a number.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>

#include "control_block.h"
#include "locked_pool.h"
#include "slot_pool.h"

namespace bitcoin_support {

/// A buffer's name: 29 bits of generation, then 24 of index. It is never 0, fits a double, and is never
/// dereferenced, so a stale, doubled or forged one is told from a live one and harms nothing.
using BufferNumber = uint64_t;

/// Makes and destroys buffers. Thread-safe. What is done with a live buffer is in secure_buffer.h.
class SecureBufferTable {
 public:
  static constexpr size_t kMaxCapacity = std::numeric_limits<int32_t>::max();
  static constexpr int kIndexBits = 24;

  explicit SecureBufferTable(LockedPool& pool) : m_slots(pool) {}
  /// For tests: nobody may know any of its numbers.
  ~SecureBufferTable();
  SecureBufferTable(const SecureBufferTable&) = delete;
  SecureBufferTable& operator=(const SecureBufferTable&) = delete;

  /// The process's table, over the pool of LockedPoolManager; made at the first call and never destroyed.
  static SecureBufferTable& Instance();
  /// The same, but null when it has not been made. Async-signal-safe.
  static SecureBufferTable* IfMade() noexcept;

  /// Wipes and frees the process's table and pool, for the end of the library, not of the process: nobody may
  /// use a buffer any more.
  static void Close() noexcept;

  /// A buffer of zeros with one holder, or 0 when the capacity is 0 or more than kMaxCapacity, when there is
  /// no memory, or when the pages could not be locked and the policy requires it.
  BufferNumber New(size_t capacity) noexcept;

  /// Keeps everyone out, waits for those who use the buffer, wipes it twice and returns its memory. False
  /// when it was not open, as after another destroy. When this thread is itself one of the users (inside
  /// BufferUse), the last of them wipes it instead. Aborts the process when the canary behind the buffer is
  /// damaged.
  bool Destroy(BufferNumber number) noexcept;

  /// Moves the bytes of a buffer to where there is room for `capacity` of them, and wipes where they were,
  /// twice. The caller is its only user (ExclusiveAccess). False, and nothing has changed, as for New().
  bool Enlarge(ControlBlock& block, size_t capacity) noexcept;

  /// Counts one more holder; false when the buffer is not open.
  bool Retain(BufferNumber number) noexcept;
  /// Counts one holder less, and destroys the buffer after the last. False when the buffer is not open.
  bool Release(BufferNumber number) noexcept;

  /// Closes all buffers and wipes all locked memory of the process, without waiting for anyone: who is inside
  /// finds zeros, and wipes what it still writes when it leaves.
  void Purge() noexcept;
  /// The same for a signal handler that ends the process: slots are not reused afterwards.
  void PurgeFromSignal() noexcept;

  /// Buffers that are open.
  size_t live() const noexcept { return m_live.load(std::memory_order_relaxed); }
  /// Buffers destroyed, ever; needs no lock.
  uint64_t destroyed() const noexcept { return m_destroyed.load(std::memory_order_relaxed); }

  /// The pool's stats: no memory is in use when no buffer is open, and nothing else has any.
  LockedPool::Stats GetStats();

  /// The block that a number names, open or not; null when there is no such block.
  ControlBlock* Find(BufferNumber number) const noexcept {
    const uint64_t index = number & (kMaxBlocks - 1);
    Block* const blocks = m_chunks[index / kChunk].load(std::memory_order_acquire);
    return blocks == nullptr ? nullptr : &blocks[index % kChunk];
  }
  static uint64_t GenerationOf(BufferNumber number) noexcept { return number >> kIndexBits; }

  /// Destroys a closed buffer without users: for the last user of an orphan. Aborts the process when the
  /// canary is damaged, unless there have been more purges than `purges`.
  void Finish(BufferNumber number, uint32_t purges = 0) noexcept;

  /// Holds the table still across a fork(): see fork_watch.cc.
  void LockForFork() { m_mutex.lock(); }
  void UnlockAfterFork() { m_mutex.unlock(); }
  /// In the forked child, where the buffers' memory is wiped or unmapped: closes them all, then unlocks.
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
  /// Blocks never move and are never freed, so that Find() needs no lock.
  std::array<std::atomic<Block*>, kMaxBlocks / kChunk> m_chunks{};
  uint32_t m_first_free = kNoIndex;
  std::atomic<uint32_t> m_count{0};
  std::atomic<size_t> m_live{0};
  std::atomic<uint64_t> m_destroyed{0};
  std::atomic<uint32_t> m_purges{0};
};

}  // namespace bitcoin_support
