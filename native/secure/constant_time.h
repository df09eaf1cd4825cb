// Comparisons that take the same time whatever the bytes are.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bitcoin_support {

/// 0 when the `size` bytes are equal, otherwise not 0. Its time depends on `size` alone.
uint64_t ConstantTimeDifference(const void* a, const void* b, size_t size) noexcept;

/// 0 when all `size` bytes are 0, otherwise not 0. Its time depends on `size` alone.
uint64_t ConstantTimeBits(const void* bytes, size_t size) noexcept;

}  // namespace bitcoin_support
