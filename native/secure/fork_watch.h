// Keeps forked children from using their parent's secure memory.
#pragma once

namespace bitcoin_support {

/// From now on, a forked child has an empty pool, and all numbers of buffers are stale in it. To be called
/// once, when the pool is made.
void WatchForks() noexcept;

}  // namespace bitcoin_support
