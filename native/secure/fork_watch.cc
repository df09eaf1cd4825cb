#include "secure/fork_watch.h"

#include "secure/locked_pool_manager.h"
#include "secure/platform.h"
#include "secure/region_registry.h"
#include "secure/secure_buffer_table.h"

namespace bitcoin_support {
namespace {

// The table that Prepare() has locked: another thread may make one between the handlers of a fork.
SecureBufferTable* g_held = nullptr;

// Takes all locks, outer ones first, so that no other thread is in the middle of a change.
void Prepare() {
  g_held = SecureBufferTable::IfMade();
  if (g_held != nullptr) g_held->LockForFork();
  LockedPoolManager::Instance().LockForFork();
}

void InParent() {
  LockedPoolManager::Instance().UnlockAfterFork();
  if (g_held != nullptr) g_held->UnlockAfterFork();
}

void InChild() {
  region_registry::ForgetAll();
  LockedPoolManager::Instance().AbandonInChild();
  if (g_held != nullptr) g_held->AbandonInChild();
}

}  // namespace

void WatchForks() noexcept { platform::AtFork(Prepare, InParent, InChild); }

}  // namespace bitcoin_support
