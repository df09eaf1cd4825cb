// The process's one pool of locked memory.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "secure/backend.h"
#include "secure/locked_pool.h"

namespace bitcoin_support {

/// Owns the process's LockedPool, with the policy for pages that cannot be locked. The pool is made at its
/// first use and never destroyed, so that secrets in static objects can be freed at any time. Thread-safe.
class LockedPoolManager {
 public:
  /// Called for the first lock failure of the process under LockPolicy::kWarn, on the thread that allocates,
  /// with the pool's lock held: it must not use the pool.
  using Warning = void (*)();

  static LockedPoolManager& Instance();

  /// Chooses policy and backend. @returns false when the pool has been used already; then nothing changes
  bool Configure(LockPolicy policy, BackendChoice choice);

  /// Sets the reserve in bytes of the pool, if it is not made yet: see LockedPool::AllocReserved().
  void SetReserve(size_t size) noexcept { m_reserve.store(size, std::memory_order_relaxed); }

  /// Replaces the warning, which by default is a line on stderr. Not null.
  void SetWarning(Warning warning) noexcept { m_warning.store(warning, std::memory_order_relaxed); }

  /// The pool. After the first call, Configure() fails.
  LockedPool& pool();

  /// The pool's statistics, all 0 when it has not been used. Does not make the pool.
  LockedPool::Stats GetStats();

  LockPolicy policy();

  /// Whether the process is a forked child, so that memory may belong to its parent's pool.
  bool forked() const noexcept { return m_forked.load(std::memory_order_relaxed); }

  /// Unmaps the pool when the library is unloaded. Nobody may use its memory any more. Not for the end of the
  /// process.
  void Close() noexcept;

  /// See LockedPool and fork_watch.cc.
  void LockForFork();
  void UnlockAfterFork();
  void AbandonInChild() noexcept;

 private:
  LockedPoolManager() = default;

  bool LockingFailed();

  std::mutex m_mutex;
  LockPolicy m_policy = LockPolicy::kWarn;
  BackendChoice m_choice = BackendChoice::kAuto;
  std::unique_ptr<LockedPool> m_pool;
  /// m_pool for readers without the lock.
  std::atomic<LockedPool*> m_made{nullptr};
  std::atomic<Warning> m_warning{nullptr};
  std::atomic<size_t> m_reserve{0};
  std::atomic<bool> m_warned{false};
  std::atomic<bool> m_forked{false};
};

}  // namespace bitcoin_support
