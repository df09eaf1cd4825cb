#include "secure/locked_pool_manager.h"

#include <new>

#include "secure/fork_watch.h"
#include "secure/platform.h"
#include "secure/purge.h"

namespace bitcoin_support {

LockedPoolManager& LockedPoolManager::Instance() {
  // Never destroyed, and not on the heap, so that an unloaded library leaves nothing behind.
  alignas(LockedPoolManager) static unsigned char memory[sizeof(LockedPoolManager)];
  static LockedPoolManager* const instance = new (memory) LockedPoolManager;
  return *instance;
}

bool LockedPoolManager::Configure(LockPolicy policy, BackendChoice choice) {
  const std::lock_guard lock(m_mutex);
  if (m_pool != nullptr) return false;
  m_policy = policy;
  m_choice = choice;
  return true;
}

LockedPool& LockedPoolManager::pool() {
  if (LockedPool* const made = m_made.load(std::memory_order_acquire)) return *made;
  const std::lock_guard lock(m_mutex);
  if (m_pool == nullptr) {
    m_pool = std::make_unique<LockedPool>(
        MakePlatformPageAllocator(m_choice), [this] { return LockingFailed(); },
        m_reserve.load(std::memory_order_relaxed));
    PurgeAtExit();
    WatchForks();
    m_made.store(m_pool.get(), std::memory_order_release);
  }
  return *m_pool;
}

LockedPool::Stats LockedPoolManager::GetStats() {
  LockedPool* const made = m_made.load(std::memory_order_acquire);
  return made == nullptr ? LockedPool::Stats{} : made->GetStats();
}

LockPolicy LockedPoolManager::policy() {
  const std::lock_guard lock(m_mutex);
  return m_policy;
}

// Needs no lock: when there is a pool to call this, m_policy does not change any more.
bool LockedPoolManager::LockingFailed() {
  if (m_policy == LockPolicy::kRequire) return false;
  if (m_policy == LockPolicy::kWarn && !m_warned.exchange(true, std::memory_order_relaxed)) {
    if (const Warning warning = m_warning.load(std::memory_order_relaxed)) {
      warning();
    } else {
      platform::Warn("secure memory: pages could not be locked, so they may be swapped out\n");
    }
  }
  return true;
}

void LockedPoolManager::Close() noexcept {
  const std::lock_guard lock(m_mutex);
  m_made.store(nullptr, std::memory_order_release);
  m_pool.reset();
}

void LockedPoolManager::LockForFork() {
  m_mutex.lock();
  if (m_pool != nullptr) m_pool->LockForFork();
}

void LockedPoolManager::UnlockAfterFork() {
  if (m_pool != nullptr) m_pool->UnlockAfterFork();
  m_mutex.unlock();
}

void LockedPoolManager::AbandonInChild() noexcept {
  m_forked.store(true, std::memory_order_relaxed);
  if (m_pool != nullptr) m_pool->AbandonInChild();
  m_mutex.unlock();
}

}  // namespace bitcoin_support
