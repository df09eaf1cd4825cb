// Finds bytes anywhere in this process's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bitcoin_support::test {

/// Searches all readable mappings, stacks and heaps included, for the bytes `disguised[i] ^ key`. Neither the
/// caller nor the search itself has them in the clear, except in the search's own buffer, which is not
/// searched and is wiped.
/// @returns the addresses where they begin
std::vector<uintptr_t> FindInMemory(const unsigned char* disguised, size_t length, unsigned char key);

/// Reads this process's memory at an address that need not be valid. @returns how many bytes it could read
size_t ReadMemory(uintptr_t address, void* into, size_t length);

}  // namespace bitcoin_support::test
