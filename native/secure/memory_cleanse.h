// Wiping that the optimizer cannot remove.
#pragma once

#include <cstddef>

namespace bitcoin_support {

/// Overwrites `size` bytes at `ptr` with zeros in a way that survives dead-store elimination, as
/// Bitcoin Core's memory_cleanse() does. `ptr` may be null when `size` is 0.
void MemoryCleanse(void* ptr, size_t size) noexcept;

}  // namespace bitcoin_support
