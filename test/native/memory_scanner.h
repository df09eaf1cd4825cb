// Finds bytes anywhere in this process's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bitcoin_support::test {

/// Searches every readable mapping, stacks and heaps included, for the bytes whose value is
/// `disguised[i] ^ key`. Neither the caller nor the search itself ever holds them in the clear, apart from
/// the search's own buffer, which is not searched and is wiped.
/// @returns the addresses where they begin.
std::vector<std::uintptr_t> FindInMemory(const unsigned char* disguised, std::size_t length,
                                         unsigned char key);

/// Reads this process's memory at an address that need not be valid. @returns how many bytes could be read.
std::size_t ReadMemory(std::uintptr_t address, void* into, std::size_t length);

}  // namespace bitcoin_support::test
