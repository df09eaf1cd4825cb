// What callbacks from C do when memory runs out.
#pragma once

#include <new>

namespace bitcoin_support {

/// Runs `work` in a callback that C has called, through which no exception may unwind. When memory runs out
/// in it, `out_of_memory` runs instead of the rest of it. That must allocate nothing.
template <class Work, class OutOfMemory>
void CatchBadAlloc(Work work, OutOfMemory out_of_memory) noexcept {
  try {
    work();
  } catch (const std::bad_alloc&) {
    out_of_memory();
  }
}

}  // namespace bitcoin_support
