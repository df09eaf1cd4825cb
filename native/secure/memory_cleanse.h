// Wiping that the optimizer cannot remove.
#pragma once

#include <cstddef>

namespace bitcoin_support {

/// Overwrites `size` bytes at `ptr` with zeros, as Bitcoin Core's memory_cleanse() does: the compiler does
/// not remove it as a dead store. `ptr` may be null when `size` is 0.
void MemoryCleanse(void* ptr, size_t size) noexcept;

}  // namespace bitcoin_support
