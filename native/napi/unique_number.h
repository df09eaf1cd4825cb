// Numbers for names of scratch files.
#pragma once

#include <cstdint>

namespace bitcoin_support {

/// A number that no other call in the process, from any thread, has had; all 2^32 come before one comes
/// again. The sequence starts anywhere, so that two processes seldom meet. Not a secret.
uint32_t NextUniqueNumber();

}  // namespace bitcoin_support
