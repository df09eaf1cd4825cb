// Comparisons whose time does not depend on the bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bitcoin_support {

/// @returns 0 when the `size` bytes are equal, otherwise another number. Its time depends on `size` only.
uint64_t ConstantTimeDifference(const void* a, const void* b, size_t size) noexcept;

/// @returns 0 when all `size` bytes are 0, otherwise another number. Its time depends on `size` only.
uint64_t ConstantTimeBits(const void* bytes, size_t size) noexcept;

}  // namespace bitcoin_support
