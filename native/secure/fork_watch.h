// Keeps a forked child away from its parent's secure memory.
#pragma once

namespace bitcoin_support {

/// From now on every fork() leaves the child with an empty pool, in which all numbers of buffers are stale.
/// Called when the pool is made, once.
void WatchForks() noexcept;

}  // namespace bitcoin_support
