// Wiped blocks of a few KiB that a thread keeps for its next request.
#pragma once

#include <cstddef>

namespace bitcoin_support {

/// Takes a block of at least `size` bytes from this thread's cache. @returns null when it has none; then
/// malloc has to serve.
void* TakeCachedBlock(std::size_t size);

/// Keeps a wiped malloc block of `usable` bytes. @returns false when it does not: the caller frees it.
bool CacheBlock(void* ptr, std::size_t usable);

}  // namespace bitcoin_support
