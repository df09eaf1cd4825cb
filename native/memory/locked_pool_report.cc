#include "memory/locked_pool_report.h"

#include <atomic>
#include <cstddef>

#include "napi/environment.h"
#include "secure/locked_pool_manager.h"

namespace bitcoin_support {
namespace {

// How much of what the pool counts some thread has reported.
std::atomic<size_t> g_reported_failures{0};
std::atomic<size_t> g_reported_growths{0};
std::atomic<bool> g_warning_due{false};

// @returns whether this call is the one that brings `reported` up to `now`
bool Advance(std::atomic<size_t>& reported, size_t now) {
  size_t before = reported.load(std::memory_order_relaxed);
  while (before < now) {
    if (reported.compare_exchange_weak(before, now, std::memory_order_relaxed)) return true;
  }
  return false;
}

}  // namespace

void ReportLockedPool(Environment& env) {
  const LockedPool& pool = LockedPoolManager::Instance().pool();
  SharedNumbers& numbers = env.numbers();
  if (Advance(g_reported_failures, pool.lock_failures())) numbers.Add(SharedNumber::kLockFailures, 1);
  if (Advance(g_reported_growths, pool.growths())) numbers.Add(SharedNumber::kGrowths, 1);
  // Looked at first: an exchange on every call would have the threads wait for each other.
  if (g_warning_due.load(std::memory_order_relaxed) && g_warning_due.exchange(false)) {
    numbers.Add(SharedNumber::kLockWarnings, 1);
  }
}

void WarnOfUnlockedPages() {
  LockedPoolManager::Instance().SetWarning([] { g_warning_due.store(true, std::memory_order_relaxed); });
}

}  // namespace bitcoin_support
