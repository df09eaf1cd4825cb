// The allocator under libevent: ordinary malloc blocks that are wiped before they go back.
#pragma once

#include <cstddef>

namespace bitcoin_support {

/// malloc, with the live-block counter that tests read.
void* ScrubbingMalloc(size_t size);

/// realloc that never leaves a copy behind: a block that has to move is copied, wiped and freed; one
/// that shrinks has its cut-off tail wiped. On failure returns null and the old block is untouched.
void* ScrubbingRealloc(void* ptr, size_t size);

/// Wipes the block's whole usable size, then frees it. Null is allowed.
void ScrubbingFree(void* ptr);

/// malloc(), which tests may replace by one that fails.
void* SystemMalloc(size_t size);

/// Malloc which, when there is nothing left, takes what this thread keeps, and then the reserve.
void* MallocUnderPressure(size_t size);

/// How many bytes a block has room for.
size_t ScrubbingBlockSize(const void* ptr);

/// As ScrubbingMalloc(), for a long block that JavaScript may get. It is not empty.
void* ScrubbingMallocForJavaScript(size_t size);
/// Frees such a block, which JavaScript has not got, and of which no more than `used` bytes have been
/// written. A peer that announces a long body and sends none of it costs no time for the rest.
void ScrubbingFreeUsed(void* ptr, size_t used);
/// JavaScript has got the block: it counts no more, because only the garbage collector knows when it will be
/// freed.
void ScrubbingLeaveToJavaScript();
/// Frees such a block. It is not wiped, as V8 does not wipe its own memory.
void ScrubbingFreeForJavaScript(void* ptr);

/// Number of blocks that libevent holds now, in the whole process.
size_t ScrubbingLiveBlocks();

}  // namespace bitcoin_support
