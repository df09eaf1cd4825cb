// How many blocks libevent holds, counted without making its threads share a cache line.
#pragma once

#include <cstddef>

namespace bitcoin_support {

/// Adds `change` to this thread's count. A block may be freed by another thread than allocated it.
void CountLiveBlock(int change);

/// The sum over all threads, those that have ended included.
std::size_t LiveBlocks();

}  // namespace bitcoin_support
