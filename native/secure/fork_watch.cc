#include "fork_watch.h"

#include "locked_pool_manager.h"
#include "platform.h"
#include "region_registry.h"
#include "secure_buffer_table.h"

namespace bitcoin_support {
namespace {

// The table may be made between the handlers of one fork, by another thread.
SecureBufferTable* g_held = nullptr;

// All locks are taken, outer ones first, so that the child finds everything at rest.
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
