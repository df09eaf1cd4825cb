// Memory for when there is none.
#pragma once

#include <cstddef>

namespace bitcoin_support {

/// A few blocks that are kept for libevent. Some of its functions use what they could not allocate: a
/// connection, a request. So when malloc has nothing left they still get what they ask for, and the
/// call that follows is refused instead.
class MemoryReserve {
 public:
  /// @returns a block of malloc's, or null when no block that is left is large enough
  static void* Take(size_t size);
  /// Fills the reserve again, as far as that can be done. Costs a load while it is full.
  /// @returns whether it is full now
  static bool IsFull();
  /// @throws std::bad_alloc when it is not full
  static void Require();
  /// Fills it for the first time.
  static void Fill();
};

}  // namespace bitcoin_support
