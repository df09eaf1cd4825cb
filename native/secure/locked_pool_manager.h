// The process's one pool of locked memory.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "backend.h"
#include "locked_pool.h"

namespace bitcoin_support {

/// Owns the process's LockedPool, with the policy for pages that cannot be locked. It is made at first use
/// and never destroyed, so that secrets in static objects can be freed at any time. Thread-safe.
class LockedPoolManager {
 public:
  /// Told of a lock failure under LockPolicy::kWarn, once per process, on the thread that allocates, with the
  /// pool's lock held: it must not use the pool.
  using Warning = void (*)();

  static LockedPoolManager& Instance();

  /// Chooses policy and backend. False, and nothing changes, when the pool has already been used.
  bool Configure(LockPolicy policy, BackendChoice choice);

  /// Has the pool that is made later keep a reserve for AllocReserved(), in bytes.
  void SetReserve(size_t size) noexcept { m_reserve.store(size, std::memory_order_relaxed); }

  /// Replaces the warning, which by default is a line on stderr. Not null.
  void SetWarning(Warning warning) noexcept { m_warning.store(warning, std::memory_order_relaxed); }

  /// The pool; from the first call on Configure() fails.
  LockedPool& pool();

  /// The pool's statistics; all 0 when it has not been used, and this is no use of it.
  LockedPool::Stats GetStats();

  LockPolicy policy();

  /// Whether the process is a forked child, so that memory of the pool may be its parent's.
  bool forked() const noexcept { return m_forked.load(std::memory_order_relaxed); }

  /// Unmaps the pool, for the end of the library, not of the process: nobody may use it or what it has given
  /// any more.
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
  /// The same, for whoever needs no lock.
  std::atomic<LockedPool*> m_made{nullptr};
  std::atomic<Warning> m_warning{nullptr};
  std::atomic<size_t> m_reserve{0};
  std::atomic<bool> m_warned{false};
  std::atomic<bool> m_forked{false};
};

}  // namespace bitcoin_support
