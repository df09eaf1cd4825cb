// Reports what happens to the locked pool to JavaScript.
#pragma once

namespace bitcoin_support {

class Environment;

/// Counts up SharedNumber::kLockFailures, kGrowths and kLockWarnings when the pool has failed to lock or has
/// grown since any thread last reported it. Called at the end of each call that may take memory from the
/// pool.
void ReportLockedPool(Environment& env);

/// When the policy is to warn of pages that are not locked, has the next ReportLockedPool() of any thread
/// report them: JavaScript emits a process warning then.
void WarnOfUnlockedPages();

}  // namespace bitcoin_support
